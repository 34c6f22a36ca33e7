//! The classes of bytes that the parser asks for most.

/// A byte that may begin a name.
pub(super) const START: u8 = 1;
/// A byte that may stand in a name.
pub(super) const CONTINUE: u8 = 2;
/// A byte that the scan of a quoted string must look at.
pub(super) const QUOTED: u8 = 4;

/// The classes of every byte. Bytes of non-ASCII characters are in none of the name classes: those
/// take the slow way through `unicode.rs`.
pub(super) static CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let byte = i as u8;
        if byte.is_ascii_alphabetic() || byte == b'_' {
            table[i] |= START | CONTINUE;
        }
        if byte.is_ascii_digit() || byte == b'-' {
            table[i] |= CONTINUE;
        }
        if matches!(byte, b'"' | b'\\' | b'$' | b'%' | b'\n' | b'\r') {
            table[i] |= QUOTED;
        }
        i += 1;
    }
    table
};
