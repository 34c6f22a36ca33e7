//! Numbers as Terraform has them: binary floats of up to 512 bits, printed as the shortest decimal.
//!
//! Lives here: the number, its arithmetic, its text. Not here: conversion from other types
//! (`convert.rs`), the number functions (`functions/numbers.rs`).
//!
//! Terraform computes with Go's `big.Float`. Literals have 512 bits, what Go counted (`length`,
//! `count.index`) has 64, what went through a float64 (`pow`, `log`) has 53, and a result has the
//! precision of its more precise operand. The precision shows only in how a number is rounded and
//! printed, never in how it compares; so it is kept beside the value.

mod text;

#[cfg(test)]
mod tests;

use num_bigint::{BigInt, BigUint, Sign};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use text::{Decimal, parse_decimal};

/// The precision of number literals and of numbers in text.
const LITERAL: u32 = 512;
/// The precision of integers that Go counted.
const COUNTED: u32 = 64;
/// The precision of a float64.
const DOUBLE: u32 = 53;
/// Beyond 2 to this power a number is infinite, and below its inverse zero. Go's limit is 2³¹, where
/// one number's digits would fill the memory; no configuration means numbers of 39,000 digits.
const MAX_EXPONENT: i64 = 1 << 17;

/// A number. Small integers are held as such; everything else as a binary float of 512 bits, as
/// Terraform has it.
#[derive(Clone, Debug)]
pub struct Num(Repr);

/// Each value has one form: what fits in `Int` is never a `Float`. The number beside an integer is
/// its precision.
#[derive(Clone, Debug)]
enum Repr {
    /// An integer but not negative zero, and not `i64::MIN`.
    Int(i64, u32),
    Float(Arc<Float>),
    /// Infinite; whether it is negative.
    Infinite(bool),
}

/// `mant * 2^exp`.
#[derive(Clone, Debug)]
struct Float {
    neg: bool,
    /// Odd, or zero for negative zero.
    mant: BigUint,
    exp: i64,
    prec: u32,
}

impl Float {
    /// The power of two just above the value: `2^(top-1) <= value < 2^top`.
    fn top(&self) -> i64 {
        self.exp + self.mant.bits().cast_signed()
    }

    fn is_zero(&self) -> bool {
        self.mant == BigUint::ZERO
    }
}

/// Rounds to `prec` bits, half to even. `more`: the value is a little above what `mant` says.
fn round(mant: BigUint, exp: i64, prec: u32, more: bool) -> (BigUint, i64) {
    let bits = mant.bits();
    if bits <= u64::from(prec) {
        return (mant, exp);
    }
    let cut = bits - u64::from(prec);
    let half = mant.bit(cut - 1);
    let below = more || mant.trailing_zeros().is_some_and(|z| z < cut - 1);
    let mut kept = mant >> cut;
    if half && (below || kept.bit(0)) {
        kept += 1u32;
    }
    (kept, exp + cut.cast_signed())
}

impl Num {
    /// From text as HCL, `tonumber` and JSON accept it; `None` for anything else.
    pub fn parse(text: &str) -> Option<Num> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.len() <= 18 && digits.bytes().all(|b| b.is_ascii_digit()) {
            let i: i64 = text.parse().ok()?;
            if i != 0 || digits.len() == text.len() {
                return Some(Num::int(i, LITERAL));
            }
        }
        let (neg, rest) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        if rest == "Inf" || rest == "inf" {
            return Some(Num(Repr::Infinite(neg)));
        }
        parse_decimal(neg, rest)
    }

    /// From the decimal digits of an integer of any size; the precision fits it.
    pub fn from_integer(i: &BigInt) -> Num {
        let prec = u32::try_from(i.bits()).unwrap_or(u32::MAX).max(COUNTED);
        Num::rounded(
            i.sign() == Sign::Minus,
            i.magnitude().clone(),
            0,
            prec,
            false,
        )
    }

    /// From a float64; `None` for NaN, which Terraform does not have.
    pub fn from_f64(f: f64) -> Option<Num> {
        if f.is_nan() {
            return None;
        }
        if f.is_infinite() {
            return Some(Num(Repr::Infinite(f < 0.0)));
        }
        let bits = f.to_bits();
        let fraction = bits & ((1 << 52) - 1);
        let (mant, exp) = match (bits >> 52) & 0x7ff {
            0 => (fraction, -1074),
            e => (fraction | (1 << 52), e.cast_signed() - 1075),
        };
        Some(Num::rounded(
            f.is_sign_negative(),
            mant.into(),
            exp,
            DOUBLE,
            false,
        ))
    }

    fn int(i: i64, prec: u32) -> Num {
        if i != i64::MIN && (prec >= COUNTED || i.unsigned_abs() <= 1 << DOUBLE) {
            return Num(Repr::Int(i, prec));
        }
        Num::rounded(i < 0, i.unsigned_abs().into(), 0, prec, false)
    }

    /// `mant * 2^exp`, rounded to `prec` bits, in the one form that this value has.
    fn rounded(neg: bool, mant: BigUint, exp: i64, prec: u32, more: bool) -> Num {
        let (mut mant, mut exp) = round(mant, exp, prec, more);
        let Some(zeros) = mant.trailing_zeros() else {
            return Num::zero(neg, prec);
        };
        if zeros > 0 {
            mant >>= zeros;
            exp += zeros.cast_signed();
        }
        let top = exp + mant.bits().cast_signed();
        if top > MAX_EXPONENT {
            return Num(Repr::Infinite(neg));
        }
        if top < -MAX_EXPONENT {
            return Num::zero(neg, prec);
        }
        if exp >= 0 && top <= 63 {
            let i = i64::try_from(&mant << exp).expect("internal: fewer than 64 bits");
            let i = if neg { -i } else { i };
            if prec >= COUNTED || i.unsigned_abs() <= 1 << DOUBLE {
                return Num(Repr::Int(i, prec));
            }
        }
        Num(Repr::Float(Arc::new(Float {
            neg,
            mant,
            exp,
            prec,
        })))
    }

    fn zero(neg: bool, prec: u32) -> Num {
        if neg {
            Num(Repr::Float(Arc::new(Float {
                neg,
                mant: BigUint::ZERO,
                exp: 0,
                prec,
            })))
        } else {
            Num(Repr::Int(0, prec))
        }
    }

    fn prec(&self) -> u32 {
        match &self.0 {
            Repr::Int(_, p) => *p,
            Repr::Float(f) => f.prec,
            Repr::Infinite(_) => COUNTED,
        }
    }

    /// Sign, mantissa and exponent; `None` for infinite.
    fn parts(&self) -> Option<(bool, BigUint, i64)> {
        match &self.0 {
            Repr::Int(i, _) => Some((*i < 0, i.unsigned_abs().into(), 0)),
            Repr::Float(f) => Some((f.neg, f.mant.clone(), f.exp)),
            Repr::Infinite(_) => None,
        }
    }

    /// The integer, where it is one that fits.
    pub fn to_i64(&self) -> Option<i64> {
        match &self.0 {
            Repr::Int(i, _) => Some(*i),
            Repr::Float(f) if f.is_zero() => Some(0),
            Repr::Float(f) if f.exp >= 0 && f.top() <= 64 => {
                let all = u64::try_from(&f.mant << f.exp).ok()?;
                if f.neg {
                    0i64.checked_sub_unsigned(all)
                } else {
                    i64::try_from(all).ok()
                }
            }
            _ => None,
        }
    }

    /// The integer, of any size.
    pub fn to_integer(&self) -> Option<BigInt> {
        if !self.is_integer() {
            return None;
        }
        let (neg, mant, exp) = self.parts()?;
        let sign = if neg { Sign::Minus } else { Sign::Plus };
        Some(BigInt::from_biguint(sign, mant << exp))
    }

    /// The nearest f64.
    pub fn to_f64(&self) -> f64 {
        let f = match &self.0 {
            #[expect(clippy::cast_precision_loss, reason = "the nearest one is asked for")]
            Repr::Int(i, _) => return *i as f64,
            Repr::Infinite(true) => return f64::NEG_INFINITY,
            Repr::Infinite(false) => return f64::INFINITY,
            Repr::Float(f) => f,
        };
        let sign = if f.neg { -1.0 } else { 1.0 };
        // Small numbers have fewer bits: the last one stands for 2^-1074.
        let bits = (f.top() + 1074).min(i64::from(DOUBLE));
        if bits < 0 {
            return sign * 0.0;
        }
        let (mant, exp) = round(f.mant.clone(), f.exp, bits.cast_unsigned() as u32, false);
        if exp + mant.bits().cast_signed() > 1024 {
            return sign * f64::INFINITY;
        }
        #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
        let mant = u64::try_from(mant).unwrap_or(0) as f64;
        // In two steps, since 2^-1074 is a float64 but 2^1074 is not.
        let exp = exp as i32;
        sign * mant * 2f64.powi(exp / 2) * 2f64.powi(exp - exp / 2)
    }

    /// Whether it is a whole number.
    pub fn is_integer(&self) -> bool {
        match &self.0 {
            Repr::Int(..) => true,
            Repr::Float(f) => f.exp >= 0,
            Repr::Infinite(_) => false,
        }
    }

    /// Whether it is infinite.
    pub fn is_infinite(&self) -> bool {
        matches!(self.0, Repr::Infinite(_))
    }

    /// Whether it is below zero, or negative zero.
    pub fn is_negative(&self) -> bool {
        match &self.0 {
            Repr::Int(i, _) => *i < 0,
            Repr::Float(f) => f.neg,
            Repr::Infinite(neg) => *neg,
        }
    }

    /// Whether it is zero, of either sign.
    pub fn is_zero(&self) -> bool {
        match &self.0 {
            Repr::Int(i, _) => *i == 0,
            Repr::Float(f) => f.is_zero(),
            Repr::Infinite(_) => false,
        }
    }

    /// `self + other`; `None` where terraform answers with an error (Inf - Inf).
    pub fn add(&self, other: &Num) -> Option<Num> {
        let prec = self.prec().max(other.prec());
        if let (Repr::Int(a, _), Repr::Int(b, _)) = (&self.0, &other.0)
            && let Some(sum) = a.checked_add(*b)
        {
            return Some(Num::int(sum, prec));
        }
        let (Some(a), Some(b)) = (self.parts(), other.parts()) else {
            return match (&self.0, &other.0) {
                (Repr::Infinite(a), Repr::Infinite(b)) if a != b => None,
                (Repr::Infinite(_), _) => Some(self.clone()),
                _ => Some(other.clone()),
            };
        };
        let exp = a.2.min(b.2);
        let neg_zeros = a.0 && b.0 && self.is_zero() && other.is_zero();
        let signed = |(neg, mant, e): (bool, BigUint, i64)| {
            let sign = if neg { Sign::Minus } else { Sign::Plus };
            BigInt::from_biguint(sign, mant << (e - exp))
        };
        let sum = signed(a) + signed(b);
        let neg = sum.sign() == Sign::Minus || neg_zeros;
        Some(Num::rounded(neg, sum.into_parts().1, exp, prec, false))
    }

    /// `self - other`; `None` where terraform answers with an error.
    pub fn sub(&self, other: &Num) -> Option<Num> {
        self.add(&other.neg())
    }

    /// `self * other`; `None` where terraform answers with an error (0 * Inf).
    pub fn mul(&self, other: &Num) -> Option<Num> {
        let prec = self.prec().max(other.prec());
        let neg = self.is_negative() != other.is_negative();
        if let (Repr::Int(a, _), Repr::Int(b, _)) = (&self.0, &other.0)
            && let Some(product) = a.checked_mul(*b)
            && product != 0
            && prec >= COUNTED
        {
            return Some(Num::int(product, prec));
        }
        let (Some(a), Some(b)) = (self.parts(), other.parts()) else {
            return (!self.is_zero() && !other.is_zero()).then_some(Num(Repr::Infinite(neg)));
        };
        // All bits that 512 can hold are kept, though the operands have fewer.
        let (mant, exp) = round(a.1 * b.1, a.2 + b.2, LITERAL, false);
        let needed = mant.bits() - mant.trailing_zeros().unwrap_or(0);
        let prec = prec.max(needed as u32);
        Some(Num::rounded(neg, mant, exp, prec, false))
    }

    /// `self / other`; `1 / 0` is infinite, `0 / 0` an error.
    pub fn div(&self, other: &Num) -> Option<Num> {
        let prec = self.prec().max(other.prec());
        let neg = self.is_negative() != other.is_negative();
        if let (Repr::Int(a, _), Repr::Int(b, _)) = (&self.0, &other.0)
            && *a != 0
            && *b != 0
            && a % b == 0
        {
            return Some(Num::int(a / b, prec));
        }
        let (a, b) = match (self.parts(), other.parts()) {
            (Some(a), Some(b)) => (a, b),
            (Some(_), None) => return Some(Num::zero(neg, prec)),
            (None, Some(_)) => return Some(Num(Repr::Infinite(neg))),
            (None, None) => return None,
        };
        if other.is_zero() {
            return (!self.is_zero()).then_some(Num(Repr::Infinite(neg)));
        }
        let (mant, exp, more) = quotient((&a.1, a.2), (&b.1, b.2), prec);
        Some(Num::rounded(neg, mant, exp, prec, more))
    }

    /// `self % other`, as hcl has it: what is left after a whole number of times, with the sign of
    /// `self`; `x % 0` is `x`. `None` where terraform answers with an error.
    pub fn rem(&self, other: &Num) -> Option<Num> {
        if let (Repr::Int(a, p), Repr::Int(b, _)) = (&self.0, &other.0)
            && *b != 0
        {
            return Some(Num::int(a % b, *p.max(&other.prec())));
        }
        if self.is_infinite() || other.is_infinite() {
            return None;
        }
        if other.is_zero() {
            return Some(self.clone());
        }
        let (neg, mant, exp) = self.div(other)?.truncated()?;
        let times = Num::rounded(neg, mant, exp, self.prec(), false);
        let (neg, mant, exp) = {
            let (a, b) = (times.parts()?, other.parts()?);
            (a.0 != b.0, a.1 * b.1, a.2 + b.2)
        };
        self.sub(&Num::rounded(neg, mant, exp, self.prec(), false))
    }

    /// `-self`.
    #[must_use]
    pub fn neg(&self) -> Num {
        match &self.0 {
            Repr::Int(0, p) => Num::zero(true, *p),
            Repr::Int(i, p) => Num(Repr::Int(-i, *p)),
            Repr::Float(f) if f.is_zero() => Num::zero(!f.neg, f.prec),
            Repr::Float(f) => Num(Repr::Float(Arc::new(Float {
                neg: !f.neg,
                ..(**f).clone()
            }))),
            Repr::Infinite(neg) => Num(Repr::Infinite(!neg)),
        }
    }

    /// Without its sign.
    #[must_use]
    pub fn abs(&self) -> Num {
        if self.is_negative() {
            self.neg()
        } else {
            self.clone()
        }
    }

    /// The whole number towards zero, as sign, mantissa and exponent; zero has no sign.
    fn truncated(&self) -> Option<(bool, BigUint, i64)> {
        let (neg, mant, exp) = self.parts()?;
        if exp >= 0 {
            return Some((neg && mant != BigUint::ZERO, mant, exp));
        }
        let mant = mant >> exp.unsigned_abs();
        Some((neg && mant != BigUint::ZERO, mant, 0))
    }

    /// The whole number below or at it.
    #[must_use]
    pub fn floor(&self) -> Num {
        self.whole(true)
    }

    /// The whole number above or at it.
    #[must_use]
    pub fn ceil(&self) -> Num {
        self.whole(false)
    }

    fn whole(&self, down: bool) -> Num {
        let Some((neg, mut mant, exp)) = self.truncated() else {
            return self.clone();
        };
        let away = !self.is_integer() && self.is_negative() == down;
        if away {
            mant += 1u32;
        }
        Num::rounded(neg || (away && down), mant, exp, self.prec(), false)
    }
}

/// `a / b` to at least `prec` bits, and whether there is a rest.
fn quotient(a: (&BigUint, i64), b: (&BigUint, i64), prec: u32) -> (BigUint, i64, bool) {
    let shift = (i64::from(prec) + 2 + b.0.bits().cast_signed() - a.0.bits().cast_signed()).max(0);
    let numerator = a.0 << shift;
    let quotient = &numerator / b.0;
    let more = &quotient * b.0 != numerator;
    (quotient, a.1 - b.1 - shift, more)
}

impl From<i64> for Num {
    fn from(i: i64) -> Num {
        Num::int(i, COUNTED)
    }
}

impl From<usize> for Num {
    fn from(i: usize) -> Num {
        Num::from_integer(&BigInt::from(i))
    }
}

/// NaN, which Terraform does not have, becomes infinite; see [`Num::from_f64`].
impl From<f64> for Num {
    fn from(f: f64) -> Num {
        Num::from_f64(f).unwrap_or(Num(Repr::Infinite(false)))
    }
}

impl PartialEq for Num {
    fn eq(&self, other: &Num) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Num {}

impl PartialOrd for Num {
    fn partial_cmp(&self, other: &Num) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By value: negative zero equals zero.
impl Ord for Num {
    fn cmp(&self, other: &Num) -> Ordering {
        if let (Repr::Int(a, _), Repr::Int(b, _)) = (&self.0, &other.0) {
            return a.cmp(b);
        }
        let sign = |n: &Num| match (n.is_zero(), n.is_negative()) {
            (true, _) => 0,
            (_, true) => -1,
            _ => 1,
        };
        let own = sign(self);
        if own != sign(other) || own == 0 {
            return own.cmp(&sign(other));
        }
        let size = match (self.parts(), other.parts()) {
            (None, None) => Ordering::Equal,
            (None, _) => Ordering::Greater,
            (_, None) => Ordering::Less,
            (Some((_, left, e)), Some((_, right, f))) => {
                let low = e.min(f);
                let top = |mant: &BigUint, exp: i64| exp + mant.bits().cast_signed();
                top(&left, e)
                    .cmp(&top(&right, f))
                    .then_with(|| (left << (e - low)).cmp(&(right << (f - low))))
            }
        };
        if own < 0 { size.reverse() } else { size }
    }
}

impl Hash for Num {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Repr::Int(i, _) => i.hash(state),
            Repr::Infinite(neg) => (1u8, neg).hash(state),
            Repr::Float(f) => match self.to_i64() {
                Some(i) => i.hash(state),
                None => (f.neg, &f.mant, f.exp).hash(state),
            },
        }
    }
}

/// Never with an exponent, as Terraform prints it; infinite is `+Inf` or `-Inf`.
impl fmt::Display for Num {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let f = match &self.0 {
            Repr::Int(i, _) => return write!(out, "{i}"),
            Repr::Infinite(neg) => return out.write_str(if *neg { "-Inf" } else { "+Inf" }),
            Repr::Float(f) => f,
        };
        if f.is_zero() {
            return out.write_str("-0");
        }
        let mut d = Decimal::new(&f.mant, f.exp);
        d.shorten(f);
        let point = usize::try_from(d.point).unwrap_or(0);
        let mut text = String::with_capacity(d.digits.len() + 4);
        if f.neg {
            text.push('-');
        }
        if point == 0 {
            text.push('0');
        }
        (0..point).for_each(|i| text.push(char::from(d.at(i))));
        if d.digits.len() > point {
            text.push('.');
            (d.point..0).for_each(|_| text.push('0'));
            (point..d.digits.len()).for_each(|i| text.push(char::from(d.at(i))));
        }
        out.write_str(&text)
    }
}
