//! Numbers from decimal text and back.

use super::{Float, LITERAL, Num, quotient, round};
use num_bigint::BigUint;

/// Beyond so many digits the rest only counts as "and a bit more": 512 bits are 155 digits.
const MAX_DIGITS: usize = 2_000;

fn signed(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Digits with an optional point and exponent, without a sign.
///
/// Terraform rounds twice, once for the power of ten, and so do we: the last of 512 bits is the same.
pub(super) fn parse_decimal(neg: bool, text: &str) -> Option<Num> {
    let (digits, exponent) = match text.find(['e', 'E', 'p', 'P']) {
        Some(at) => (&text[..at], Some((text.as_bytes()[at], &text[at + 1..]))),
        None => (text, None),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let mut ten = -signed(fraction.len());
    let mut two = 0;
    if let Some((kind, power)) = exponent {
        let unsigned = power.strip_prefix(['+', '-']).unwrap_or(power);
        if unsigned.is_empty() || !all_digits(unsigned) {
            return None;
        }
        let power: i64 = power.parse().ok()?;
        if kind.eq_ignore_ascii_case(&b'e') {
            ten = ten.checked_add(power)?;
        } else {
            two = power;
        }
    }
    let mut significant = [whole, fraction].concat();
    if significant.len() > MAX_DIGITS {
        let start = significant.len() - significant.trim_start_matches('0').len();
        significant.drain(..start);
        if significant.len() > MAX_DIGITS {
            let rest = significant.split_off(MAX_DIGITS);
            ten += signed(rest.len());
            if rest.bytes().any(|b| b != b'0') {
                significant.push('1');
                ten -= 1;
            }
        }
    }
    let mant = BigUint::parse_bytes(significant.as_bytes(), 10).unwrap_or_default();
    if mant == BigUint::ZERO {
        return Some(Num::zero(neg, LITERAL));
    }
    // Go's own limit, beyond which it takes the text for no number.
    let exp = ten.checked_add(two)?;
    if i32::try_from(exp.checked_add(mant.bits().cast_signed())?).is_err() {
        return None;
    }
    let (mant, exp, more) = match ten {
        0 => (mant, exp, false),
        1.. => {
            let five = power_of_five(ten.unsigned_abs());
            (mant * five.0, exp + five.1, false)
        }
        _ => {
            let five = power_of_five(ten.unsigned_abs());
            quotient((&mant, exp), (&five.0, five.1), LITERAL)
        }
    };
    Some(Num::rounded(neg, mant, exp, LITERAL, more))
}

/// `5^n` with 64 bits more than a literal has, rounded step by step as Go does it.
fn power_of_five(n: u64) -> (BigUint, i64) {
    const EXACT: u64 = 27;
    let prec = LITERAL + 64;
    let start = BigUint::from(5u32).pow(n.min(EXACT) as u32);
    let mut out = (start, 0);
    let mut rest = n.saturating_sub(EXACT);
    let mut square = (BigUint::from(5u32), 0);
    while rest > 0 {
        if rest & 1 != 0 {
            out = round(&out.0 * &square.0, out.1 + square.1, prec, false);
        }
        square = round(&square.0 * &square.0, square.1 + square.1, prec + 64, false);
        rest >>= 1;
    }
    out
}

/// Decimal digits `0.d1d2d3… * 10^point`, exactly, without zeros at the end.
pub(super) struct Decimal {
    pub(super) digits: Vec<u8>,
    pub(super) point: i64,
}

impl Decimal {
    pub(super) fn new(mant: &BigUint, exp: i64) -> Decimal {
        let scaled = if exp >= 0 {
            mant << exp
        } else {
            mant * BigUint::from(5u32).pow(exp.unsigned_abs() as u32)
        };
        let mut digits = scaled.to_string().into_bytes();
        let point = signed(digits.len()) + exp.min(0);
        digits.truncate(digits.iter().rposition(|d| *d != b'0').map_or(0, |i| i + 1));
        Decimal { digits, point }
    }

    pub(super) fn at(&self, i: usize) -> u8 {
        self.digits.get(i).copied().unwrap_or(b'0')
    }

    fn round(&mut self, n: usize) {
        let Some(&next) = self.digits.get(n) else {
            return;
        };
        let up = if next == b'5' && n + 1 == self.digits.len() {
            n > 0 && (self.digits[n - 1] - b'0') & 1 != 0
        } else {
            next >= b'5'
        };
        if up {
            self.round_up(n);
        } else {
            self.round_down(n);
        }
    }

    fn round_down(&mut self, n: usize) {
        self.digits.truncate(n);
        while self.digits.last() == Some(&b'0') {
            self.digits.pop();
        }
    }

    fn round_up(&mut self, n: usize) {
        if n >= self.digits.len() {
            return;
        }
        self.digits.truncate(n);
        while self.digits.last() == Some(&b'9') {
            self.digits.pop();
        }
        if let Some(last) = self.digits.last_mut() {
            *last += 1;
        } else {
            self.digits.push(b'1');
            self.point += 1;
        }
    }

    /// Cuts to the fewest digits that still round to the number, as Go finds them: digit by digit,
    /// until the number's differ from those of its two half-way neighbours.
    pub(super) fn shorten(&mut self, f: &Float) {
        // The lowest bit of `mant` stands for half of the last place.
        let shift = i64::from(f.prec) + 1 - f.mant.bits().cast_signed();
        let mant = &f.mant << shift.max(0);
        let exp = f.exp - shift.max(0);
        let lower = Decimal::new(&(&mant - 1u32), exp);
        let upper = Decimal::new(&(&mant + 1u32), exp);
        let even = !mant.bit(1);
        for i in 0..self.digits.len() {
            let (l, m, u) = (lower.at(i), self.digits[i], upper.at(i));
            let down = l != m || (even && i + 1 == lower.digits.len());
            let up = m != u && (even || m + 1 < u || i + 1 < upper.digits.len());
            match (down, up) {
                (true, true) => return self.round(i + 1),
                (true, false) => return self.round_down(i + 1),
                (false, true) => return self.round_up(i + 1),
                (false, false) => {}
            }
        }
    }
}
