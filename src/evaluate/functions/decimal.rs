//! Numbers in the ways `format` writes them: `%e`, `%f`, `%g`, and integers in other bases.

use crate::evaluate::number::Num;
use num_bigint::{BigInt, BigUint};
use std::fmt::Write;

/// A length for calculations.
fn signed(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A decimal: 0.d₁d₂d₃… × 10^point, without leading or trailing zeros.
pub(super) struct Decimal {
    /// Less than zero, or negative zero.
    pub(super) negative: bool,
    digits: Vec<u8>,
    point: i64,
}

impl Decimal {
    /// From a finite number: the shortest digits that say which one it is.
    pub(super) fn of(n: &Num) -> Decimal {
        let text = n.to_string();
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.as_str()),
        };
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let mut point = signed(whole.len());
        let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        let zeros = all.iter().take_while(|d| **d == b'0').count();
        let mut digits = all[zeros..].to_vec();
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        point = if digits.is_empty() {
            0
        } else {
            point - signed(zeros)
        };
        Decimal {
            negative,
            digits,
            point,
        }
    }

    /// Keeps `n` digits.
    fn round(&mut self, n: i64) {
        let Ok(n) = usize::try_from(n) else {
            self.digits.clear();
            self.point = 0;
            return;
        };
        if n >= self.digits.len() {
            return;
        }
        let up = if self.digits[n] == b'5' && n + 1 == self.digits.len() {
            match self.binary_is() {
                std::cmp::Ordering::Greater => true,
                std::cmp::Ordering::Less => false,
                std::cmp::Ordering::Equal => n > 0 && (self.digits[n - 1] - b'0') % 2 == 1,
            }
        } else {
            self.digits[n] >= b'5'
        };
        self.digits.truncate(n);
        if up {
            loop {
                match self.digits.pop() {
                    Some(b'9') => {}
                    Some(d) => {
                        self.digits.push(d + 1);
                        break;
                    }
                    None => {
                        self.digits.push(b'1');
                        self.point += 1;
                        break;
                    }
                }
            }
        }
        while self.digits.last() == Some(&b'0') {
            self.digits.pop();
        }
        if self.digits.is_empty() {
            self.point = 0;
        }
    }

    /// How the binary number of 512 bits that Terraform holds compares with these digits: a tie in
    /// decimal is none there.
    fn binary_is(&self) -> std::cmp::Ordering {
        let exponent = self.point - signed(self.digits.len());
        let (Some(n), true) = (
            BigUint::parse_bytes(&self.digits, 10),
            (-2000..0).contains(&exponent),
        ) else {
            return std::cmp::Ordering::Equal;
        };
        let scale = BigUint::from(10u32).pow(u32::try_from(-exponent).unwrap_or(0));
        let mut shift =
            512 + i64::try_from(scale.bits()).unwrap_or(0) - i64::try_from(n.bits()).unwrap_or(0);
        while shift >= 0 {
            let scaled = &n << shift.unsigned_abs();
            let quotient = &scaled / &scale;
            if quotient.bits() > 512 {
                shift -= 1;
                continue;
            }
            let rest = scaled - &quotient * &scale;
            if rest == BigUint::ZERO {
                return std::cmp::Ordering::Equal;
            }
            return match (rest << 1u32).cmp(&scale) {
                std::cmp::Ordering::Equal if quotient.bit(0) => std::cmp::Ordering::Greater,
                std::cmp::Ordering::Greater => std::cmp::Ordering::Greater,
                _ => std::cmp::Ordering::Less,
            };
        }
        std::cmp::Ordering::Equal
    }

    fn digit(&self, i: i64) -> char {
        usize::try_from(i)
            .ok()
            .and_then(|i| self.digits.get(i))
            .map_or('0', |d| char::from(*d))
    }

    /// `1.234568e+04`.
    pub(super) fn exponential(mut self, precision: usize, e: char) -> String {
        self.round(signed(precision) + 1);
        self.write_exponential(precision, e)
    }

    fn write_exponential(&self, precision: usize, e: char) -> String {
        let mut out = String::from(self.digit(0));
        if precision > 0 {
            out.push('.');
            out.extend((1..=signed(precision)).map(|i| self.digit(i)));
        }
        let exponent = if self.digits.is_empty() {
            0
        } else {
            self.point - 1
        };
        let sign = if exponent < 0 { '-' } else { '+' };
        // Writing to a String cannot fail.
        let _ = write!(out, "{e}{sign}{:02}", exponent.abs());
        out
    }

    /// `12345.68`.
    pub(super) fn fixed(mut self, precision: usize) -> String {
        self.round(self.point + signed(precision));
        self.write_fixed(precision)
    }

    fn write_fixed(&self, precision: usize) -> String {
        let mut out = String::new();
        if self.point > 0 {
            out.extend((0..self.point).map(|i| self.digit(i)));
        } else {
            out.push('0');
        }
        if precision > 0 {
            out.push('.');
            out.extend((0..signed(precision)).map(|i| self.digit(self.point + i)));
        }
        out
    }

    /// The shorter of both.
    pub(super) fn general(mut self, precision: Option<usize>, e: char) -> String {
        let (threshold, precision) = match precision {
            Some(p) => {
                let p = p.max(1);
                self.round(signed(p));
                let length = self.digits.len();
                let short = p > length && signed(length) >= self.point;
                (if short { length } else { p }, p)
            }
            None => (6, self.digits.len()),
        };
        let exponent = self.point - 1;
        if exponent < -4 || exponent >= signed(threshold) {
            let precision = precision.min(self.digits.len()).saturating_sub(1);
            return self.write_exponential(precision, e);
        }
        let places = (signed(self.digits.len()) - self.point).max(0);
        self.write_fixed(usize::try_from(places).unwrap_or(0))
    }
}

/// The integer that a number is.
pub(super) fn integer(n: &Num) -> Option<BigInt> {
    if !n.is_integer() {
        return None;
    }
    match n.to_i64() {
        Some(i) => Some(BigInt::from(i)),
        None => BigInt::parse_bytes(n.to_string().as_bytes(), 10),
    }
}
