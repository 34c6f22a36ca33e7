//! Values as Terraform keeps them: msgpack, with extensions for what is known after apply.
//!
//! Without the provider's schema a value tells its own shape only: an object is like a map, a list like a
//! set. What terraform knows of no type beforehand (variables, arguments of any type) stands as a pair of
//! type and value: its first half is bytes, which nothing else is, so that it is always known for one.

use super::wire::Broken;

/// Values in values. Schemas nest a dozen deep.
const MAX_DEPTH: usize = 64;

/// A value.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    /// A whole number.
    Whole(i128),
    /// What is no whole number, and the same in 64 bits.
    Float(f64),
    /// A text, or a number that is the same in none of the others: `0.1` is one.
    Text(&'a str),
    /// A list, a set or a tuple.
    List(Vec<Value<'a>>),
    /// A map or an object.
    Map(Vec<(&'a str, Value<'a>)>),
    /// A type, as JSON, and a value of it.
    Typed(&'a [u8], Box<Value<'a>>),
    /// Known after apply.
    Unknown,
}

/// The one value that the bytes are.
pub(super) fn value(bytes: &[u8]) -> Result<Value<'_>, Broken> {
    let mut reader = Reader(bytes);
    let value = reader.value(0)?;
    if reader.0.is_empty() {
        Ok(value)
    } else {
        Err(Broken)
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Broken> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Broken)?;
        self.0 = rest;
        Ok(taken)
    }

    /// A number of so many bytes, the largest first.
    fn number(&mut self, bytes: usize) -> Result<u64, Broken> {
        let taken = self.take(bytes)?;
        Ok(taken.iter().fold(0, |n, b| n << 8 | u64::from(*b)))
    }

    fn length(&mut self, bytes: usize) -> Result<usize, Broken> {
        usize::try_from(self.number(bytes)?).map_err(|_| Broken)
    }

    fn value(&mut self, depth: usize) -> Result<Value<'a>, Broken> {
        if depth > MAX_DEPTH {
            return Err(Broken);
        }
        let code = self.take(1)?[0];
        Ok(match code {
            0x00..=0x7f => Value::Whole(i128::from(code)),
            0x80..=0x8f => self.map(usize::from(code & 0x0f), depth)?,
            0x90..=0x9f => self.list(usize::from(code & 0x0f), depth)?,
            0xa0..=0xbf => self.text(usize::from(code & 0x1f))?,
            0xc0 => Value::Null,
            0xc2 | 0xc3 => Value::Bool(code == 0xc3),
            0xc7..=0xc9 => {
                let length = self.length(1 << (code - 0xc7))?;
                self.extension(length)?
            }
            0xca => Value::Float(f64::from(f32::from_bits(self.number(4)? as u32))),
            0xcb => Value::Float(f64::from_bits(self.number(8)?)),
            0xcc..=0xcf => Value::Whole(i128::from(self.number(1 << (code - 0xcc))?)),
            0xd0 => Value::Whole(i128::from(self.number(1)? as u8 as i8)),
            0xd1 => Value::Whole(i128::from(self.number(2)? as u16 as i16)),
            0xd2 => Value::Whole(i128::from(self.number(4)? as u32 as i32)),
            0xd3 => Value::Whole(i128::from(self.number(8)? as i64)),
            0xd4..=0xd8 => self.extension(1 << (code - 0xd4))?,
            0xd9..=0xdb => {
                let length = self.length(1 << (code - 0xd9))?;
                self.text(length)?
            }
            0xdc | 0xdd => {
                let length = self.length(2 << (code - 0xdc))?;
                self.list(length, depth)?
            }
            0xde | 0xdf => {
                let length = self.length(2 << (code - 0xde))?;
                self.map(length, depth)?
            }
            0xe0..=0xff => Value::Whole(i128::from(code as i8)),
            // Bytes stand only where a type does, which `list` reads.
            0xc1 | 0xc4..=0xc6 => return Err(Broken),
        })
    }

    /// Whichever extension it is: terraform has them for nothing but what is not known.
    fn extension(&mut self, length: usize) -> Result<Value<'a>, Broken> {
        self.take(length.checked_add(1).ok_or(Broken)?)?;
        Ok(Value::Unknown)
    }

    fn text(&mut self, length: usize) -> Result<Value<'a>, Broken> {
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes)
            .map(Value::Text)
            .map_err(|_| Broken)
    }

    fn list(&mut self, length: usize, depth: usize) -> Result<Value<'a>, Broken> {
        if length == 2
            && let Some(bytes) = self.bytes()?
        {
            return Ok(Value::Typed(bytes, Box::new(self.value(depth + 1)?)));
        }
        // Each has a byte at least: a length that lies takes no room.
        let mut out = Vec::with_capacity(length.min(self.0.len()).min(1024));
        for _ in 0..length {
            out.push(self.value(depth + 1)?);
        }
        Ok(Value::List(out))
    }

    /// Bytes, if they come next.
    fn bytes(&mut self) -> Result<Option<&'a [u8]>, Broken> {
        let code = match self.0.first() {
            Some(code @ 0xc4..=0xc6) => *code,
            _ => return Ok(None),
        };
        self.take(1)?;
        let length = self.length(1 << (code - 0xc4))?;
        self.take(length).map(Some)
    }

    fn map(&mut self, length: usize, depth: usize) -> Result<Value<'a>, Broken> {
        let mut out = Vec::with_capacity(length.min(self.0.len()).min(1024));
        for _ in 0..length {
            let Value::Text(key) = self.value(MAX_DEPTH)? else {
                return Err(Broken);
            };
            out.push((key, self.value(depth + 1)?));
        }
        Ok(Value::Map(out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form() {
        let cases: &[(&[u8], Value<'_>)] = &[
            (&[0x07], Value::Whole(7)),
            (&[0xff], Value::Whole(-1)),
            (&[0xd1, 0xff, 0x00], Value::Whole(-256)),
            (
                &[0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                Value::Whole(i128::from(u64::MAX)),
            ),
            (&[0xcb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0], Value::Float(0.5)),
            (&[0xa3, b'0', b'.', b'1'], Value::Text("0.1")),
            (&[0xd9, 2, b'h', b'i'], Value::Text("hi")),
            (&[0xc0], Value::Null),
            (&[0xc3], Value::Bool(true)),
            (&[0xd4, 0, 0], Value::Unknown),
            // Not null, as a refinement says.
            (&[0xc7, 3, 12, 0x81, 1, 0xc2], Value::Unknown),
            (
                &[0x92, 0xc0, 0x91, 0x01],
                Value::List(vec![Value::Null, Value::List(vec![Value::Whole(1)])]),
            ),
            (
                &[0x81, 0xa1, b'k', 0xc2],
                Value::Map(vec![("k", Value::Bool(false))]),
            ),
            (
                &[0x92, 0xc4, 2, b'"', b'"', 0x01],
                Value::Typed(b"\"\"", Box::new(Value::Whole(1))),
            ),
        ];
        for (bytes, want) in cases {
            assert_eq!(value(bytes).as_ref(), Ok(want));
            for cut in 0..bytes.len() {
                assert_eq!(value(&bytes[..cut]), Err(Broken), "{bytes:?} up to {cut}");
            }
        }
    }

    #[test]
    fn what_lies_takes_no_room() {
        assert_eq!(value(&[0xdd, 0xff, 0xff, 0xff, 0xff, 0xc0]), Err(Broken));
        assert_eq!(
            value(&[0xdf, 0xff, 0xff, 0xff, 0xff, 0xa0, 0xc0]),
            Err(Broken)
        );
        assert_eq!(value(&vec![0x91; 100_000]), Err(Broken), "too deep");
        assert_eq!(value(&[0xc0, 0xc0]), Err(Broken), "more than one");
    }
}
