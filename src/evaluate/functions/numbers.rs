//! Functions of numbers.
//!
//! `pow` and `log` go through float64 in Terraform, with Go's own algorithms; they are followed here
//! step by step, so that `ceil(log(8, 2))` is the same 3.

use super::{Call, Failure, Function, Param, Returns, dynamic, number, param};
use crate::evaluate::convert::convert;
use crate::evaluate::number::Num;
use crate::evaluate::types::Type;
use crate::evaluate::value::{Val, Why};
use num_bigint::BigInt;

/// Longer texts are not read as one integer.
const MAX_DIGITS: usize = 10_000;

const fn function(
    name: &'static str,
    params: &'static [Param],
    call: fn(&Call<'_>) -> Result<Val, Failure>,
) -> Function {
    Function {
        name,
        params,
        more: None,
        returns: Returns::Always(number),
        call,
    }
}

const fn variadic(name: &'static str, call: fn(&Call<'_>) -> Result<Val, Failure>) -> Function {
    Function {
        name,
        params: &[],
        more: Some(param("numbers", number)),
        returns: Returns::Always(number),
        call,
    }
}

const NUM: &[Param] = &[param("num", number)];

pub(super) const FUNCTIONS: &[Function] = &[
    function("abs", NUM, |c| Ok(Val::num(num(c, 0)?.abs()))),
    function("ceil", NUM, |c| Ok(Val::num(num(c, 0)?.ceil()))),
    function("floor", NUM, |c| Ok(Val::num(num(c, 0)?.floor()))),
    function("log", &[param("num", number), param("base", number)], |c| {
        double(ln(float(c, 0)?) / ln(float(c, 1)?))
    }),
    variadic("max", |c| best(c, |new, old| new > old)),
    variadic("min", |c| best(c, |new, old| new < old)),
    function(
        "parseint",
        &[param("number", dynamic), param("base", number)],
        parse_int,
    ),
    function(
        "pow",
        &[param("num", number), param("power", number)],
        |c| double(pow(float(c, 0)?, float(c, 1)?)),
    ),
    function("signum", NUM, |c| {
        let n = super::collections::whole(c, 0, "")?;
        Ok(Val::num(n.signum()))
    }),
    function("sum", &[param("list", dynamic)], sum),
];

fn num<'a>(c: &Call<'a>, i: usize) -> Result<&'a Num, Failure> {
    let n = c.args.get(i).and_then(Val::as_num);
    n.ok_or_else(|| Failure::at(i, "a number is required"))
}

/// As a float64; what is too large for one is an error.
fn float(c: &Call<'_>, i: usize) -> Result<f64, Failure> {
    let n = num(c, i)?;
    let f = n.to_f64();
    if f.is_infinite() && !n.is_infinite() {
        return Err("value must be between the smallest and the largest double".into());
    }
    Ok(f)
}

fn double(f: f64) -> Result<Val, Failure> {
    let n = Num::from_f64(f).ok_or("the result is not a number")?;
    Ok(Val::num(n))
}

fn best(c: &Call<'_>, better: fn(&Num, &Num) -> bool) -> Result<Val, Failure> {
    let mut out: Option<&Num> = None;
    for i in 0..c.args.len() {
        let n = num(c, i)?;
        if out.is_none_or(|old| better(n, old)) {
            out = Some(n);
        }
    }
    let out = out.ok_or("must pass at least one number")?;
    Ok(Val::num(out.clone()))
}

fn sum(c: &Call<'_>) -> Result<Val, Failure> {
    const NOT_NUMBERS: &str = "argument must be list, set, or tuple of number values";
    let list = &c.args[0];
    let empty = || Failure::at(0, "cannot sum an empty list");
    let Some(items) = list.as_seq() else {
        return Err(match list.as_fields() {
            Some(f) if f.items.is_empty() => empty(),
            Some(_) => Failure::at(
                0,
                format!(
                    "argument must be list, set, or tuple. Received {}",
                    list.ty().friendly()
                ),
            ),
            None => Failure::at(0, "cannot sum noniterable"),
        });
    };
    let mut total: Option<Num> = None;
    for item in items {
        let n = convert(item, &Type::Number).ok();
        let n = n.as_ref().and_then(Val::as_num);
        let n = n.ok_or_else(|| Failure::at(0, NOT_NUMBERS))?;
        total = Some(match total {
            None => n.clone(),
            Some(t) => t.add(n).ok_or("can't compute sum of opposing infinities")?,
        });
    }
    total.map(Val::num).ok_or_else(empty)
}

fn parse_int(c: &Call<'_>) -> Result<Val, Failure> {
    let Some(text) = c.args[0].as_str() else {
        let got = c.args[0].ty().friendly();
        let message = format!("first argument must be a string, not {got}");
        return Err(Failure::at(0, message));
    };
    let base = super::collections::whole(c, 1, "")?;
    let base = u32::try_from(base)
        .ok()
        .filter(|b| (2..=62).contains(b))
        .ok_or_else(|| Failure::at(1, "base must be a whole number between 2 and 62 inclusive"))?;
    if text.len() > MAX_DIGITS {
        return Err(Failure::Unknown(Why::Limit, c.name.to_owned()));
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let number = integer(digits, base)
        .ok_or_else(|| Failure::at(0, format!("cannot parse {text:?} as a base {base} integer")))?;
    let number = if text.starts_with('-') {
        -number
    } else {
        number
    };
    Ok(Val::num(Num::from_integer(&number)))
}

/// Up to base 36 letters of both cases are the same digits; above, lower case comes first.
fn integer(digits: &str, base: u32) -> Option<BigInt> {
    if digits.is_empty() {
        return None;
    }
    let mut out = BigInt::ZERO;
    for b in digits.bytes() {
        let digit = match b {
            b'0'..=b'9' => b - b'0',
            b'a'..=b'z' => b - b'a' + 10,
            b'A'..=b'Z' if base <= 36 => b - b'A' + 10,
            b'A'..=b'Z' => b - b'A' + 36,
            _ => return None,
        };
        if u32::from(digit) >= base {
            return None;
        }
        out = out * base + digit;
    }
    Some(out)
}

/// `x = fraction * 2^exp` with the fraction from 0.5 to below 1.
fn split(x: f64) -> (f64, i32) {
    if x == 0.0 || !x.is_finite() {
        return (x, 0);
    }
    // A number too small for its first bit to be implied is made larger first.
    let (x, more) = if x.abs() < f64::MIN_POSITIVE {
        (x * 2f64.powi(52), -52)
    } else {
        (x, 0)
    };
    let bits = x.to_bits();
    let exp = ((bits >> 52) & 0x7ff) as i32 - 1022 + more;
    (f64::from_bits(bits & !(0x7ff << 52) | (1022 << 52)), exp)
}

/// The natural logarithm, as Go computes it (FreeBSD's `e_log.c`).
#[expect(clippy::many_single_char_names, reason = "the formula's own names")]
fn ln(x: f64) -> f64 {
    if x.is_nan() || x == f64::INFINITY {
        return x;
    }
    if x < 0.0 {
        return f64::NAN;
    }
    if x == 0.0 {
        return f64::NEG_INFINITY;
    }
    let (mut fraction, mut exp) = split(x);
    if fraction < std::f64::consts::FRAC_1_SQRT_2 {
        fraction *= 2.0;
        exp -= 1;
    }
    let f = fraction - 1.0;
    let k = f64::from(exp);
    let s = f / (2.0 + f);
    let s2 = s * s;
    let s4 = s2 * s2;
    let odd = s2
        * (6.666_666_666_666_735e-1
            + s4 * (2.857_142_874_366_239e-1
                + s4 * (1.818_357_216_161_805e-1 + s4 * 1.479_819_860_511_658_6e-1)));
    let even = s4
        * (3.999_999_999_940_942e-1
            + s4 * (2.222_219_843_214_978_4e-1 + s4 * 1.531_383_769_920_937_3e-1));
    let r = odd + even;
    let half = 0.5 * f * f;
    k * 6.931_471_803_691_238e-1 - ((half - (s * (half + r) + k * 1.908_214_929_270_587_7e-10)) - f)
}

/// `x` to the power of `y`, as Go computes it: the whole part by squaring, the rest by logarithm.
#[expect(clippy::float_cmp, reason = "exact values have exact powers")]
fn pow(x: f64, y: f64) -> f64 {
    if y == 0.0 || x == 1.0 {
        return 1.0;
    }
    if y == 1.0 {
        return x;
    }
    let special = x == 0.0 || !x.is_finite() || !y.is_finite();
    let (mut whole, mut rest) = (y.abs().trunc(), y.abs().fract());
    if special || whole >= 9.2e18 {
        return x.powf(y);
    }
    if y.abs() == 0.5 && x >= 0.0 {
        return if y > 0.0 { x.sqrt() } else { 1.0 / x.sqrt() };
    }
    if rest != 0.0 && x < 0.0 {
        return f64::NAN;
    }
    let mut out = 1.0;
    if rest != 0.0 {
        if rest > 0.5 {
            rest -= 1.0;
            whole += 1.0;
        }
        out = (rest * ln(x)).exp();
    }
    let mut exp = 0i64;
    let (mut square, power) = split(x);
    let mut power = i64::from(power);
    let mut left = whole as i64;
    while left != 0 {
        if !(-4096..=4096).contains(&power) {
            // Over or under what a double holds, whatever follows.
            exp += power;
            break;
        }
        if left & 1 == 1 {
            out *= square;
            exp += power;
        }
        square *= square;
        power *= 2;
        if square < 0.5 {
            square += square;
            power -= 1;
        }
        left >>= 1;
    }
    if y < 0.0 {
        out = 1.0 / out;
        exp = -exp;
    }
    let (fraction, more) = split(out);
    let exp = (exp + i64::from(more)).clamp(-2200, 2200) as i32;
    // Step by step, so that only the last one rounds.
    let first = exp.clamp(-1000, 1000);
    fraction * 2f64.powi(first) * 2f64.powi((exp - first).clamp(-1000, 1000))
}
