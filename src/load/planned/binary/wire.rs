//! The wire format of protocol buffers: fields of a message, one after another, without a schema.

/// What a field holds. Of the fixed ones no message here has any.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Held<'a> {
    /// A number.
    Number(u64),
    /// Text, bytes, or another message.
    Bytes(&'a [u8]),
    /// Four or eight bytes, which are passed over.
    Fixed,
}

/// The bytes are no message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Broken;

/// The fields of a message in the order they stand.
pub(super) struct Fields<'a>(&'a [u8]);

/// The fields of a message.
pub(super) fn fields(bytes: &[u8]) -> Fields<'_> {
    Fields(bytes)
}

impl<'a> Fields<'a> {
    fn number(&mut self) -> Result<u64, Broken> {
        let mut out = 0u64;
        for at in 0..10 {
            let (&byte, rest) = self.0.split_first().ok_or(Broken)?;
            self.0 = rest;
            out |= u64::from(byte & 0x7f).checked_shl(at * 7).unwrap_or(0);
            if byte & 0x80 == 0 {
                return Ok(out);
            }
        }
        Err(Broken)
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], Broken> {
        let length = usize::try_from(length).map_err(|_| Broken)?;
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Broken)?;
        self.0 = rest;
        Ok(taken)
    }

    fn field(&mut self) -> Result<(u64, Held<'a>), Broken> {
        let tag = self.number()?;
        let held = match tag & 7 {
            0 => Held::Number(self.number()?),
            1 => self.take(8).map(|_| Held::Fixed)?,
            2 => {
                let length = self.number()?;
                Held::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Held::Fixed)?,
            _ => return Err(Broken),
        };
        Ok((tag >> 3, held))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Held<'a>), Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

impl<'a> Held<'a> {
    /// Text; what is none is empty.
    pub(super) fn text(self) -> &'a str {
        std::str::from_utf8(self.bytes()).unwrap_or("")
    }

    /// Bytes; a number has none.
    pub(super) fn bytes(self) -> &'a [u8] {
        match self {
            Held::Bytes(bytes) => bytes,
            _ => &[],
        }
    }

    /// A number; bytes are none.
    pub(super) fn number(self) -> u64 {
        match self {
            Held::Number(n) => n,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_a_message() {
        let bytes = [0x08, 0x96, 0x01, 0x12, 0x02, b'h', b'i', 0x1d, 1, 2, 3, 4];
        let got: Vec<_> = fields(&bytes).collect();
        assert_eq!(
            got,
            [
                Ok((1, Held::Number(150))),
                Ok((2, Held::Bytes(b"hi"))),
                Ok((3, Held::Fixed))
            ]
        );
        for cut in [1, 2, 4, 5, 6, 8, 11] {
            assert_eq!(fields(&bytes[..cut]).last(), Some(Err(Broken)), "{cut}");
        }
        assert_eq!(fields(&[0xff; 20]).last(), Some(Err(Broken)));
        assert_eq!(fields(&[0x0b]).last(), Some(Err(Broken)), "a group");
    }
}
