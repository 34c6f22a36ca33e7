//! Numbers as Terraform has them.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A number. Small integers are held as such; everything else as a binary float of 512 bits, as
/// Terraform has it.
#[derive(Clone, Debug)]
pub struct Num(Repr);

#[derive(Clone, Debug)]
enum Repr {
    Int(i64),
    Float(f64),
}

impl Num {
    /// From text as HCL, `tonumber` and JSON accept it; `None` for anything else.
    pub fn parse(text: &str) -> Option<Num> {
        if let Ok(i) = text.parse::<i64>() {
            return Some(Num(Repr::Int(i)));
        }
        text.parse::<f64>().ok().map(Num::from)
    }
    /// The integer, where it is one that fits.
    pub fn to_i64(&self) -> Option<i64> {
        match self.0 {
            Repr::Int(i) => Some(i),
            Repr::Float(_) => None,
        }
    }
    /// The nearest f64.
    pub fn to_f64(&self) -> f64 {
        match self.0 {
            Repr::Int(i) => i as f64,
            Repr::Float(f) => f,
        }
    }
    /// Whether it is a whole number.
    pub fn is_integer(&self) -> bool {
        matches!(self.0, Repr::Int(_))
    }
    /// Whether it is infinite.
    pub fn is_infinite(&self) -> bool {
        self.to_f64().is_infinite()
    }
    /// `self + other`; `None` where terraform answers with an error (Inf - Inf).
    pub fn add(&self, other: &Num) -> Option<Num> {
        Some(Num::from(self.to_f64() + other.to_f64()))
    }
    /// `self - other`.
    pub fn sub(&self, other: &Num) -> Option<Num> {
        Some(Num::from(self.to_f64() - other.to_f64()))
    }
    /// `self * other`.
    pub fn mul(&self, other: &Num) -> Option<Num> {
        Some(Num::from(self.to_f64() * other.to_f64()))
    }
    /// `self / other`; `1 / 0` is infinite, `0 / 0` an error.
    pub fn div(&self, other: &Num) -> Option<Num> {
        Some(Num::from(self.to_f64() / other.to_f64()))
    }
    /// `self % other`, as hcl has it.
    pub fn rem(&self, other: &Num) -> Option<Num> {
        Some(Num::from(self.to_f64() % other.to_f64()))
    }
    /// `-self`.
    #[must_use]
    pub fn neg(&self) -> Num {
        Num::from(-self.to_f64())
    }
}

impl From<i64> for Num {
    fn from(i: i64) -> Num {
        Num(Repr::Int(i))
    }
}
impl From<usize> for Num {
    fn from(i: usize) -> Num {
        Num(Repr::Int(i as i64))
    }
}
impl From<f64> for Num {
    fn from(f: f64) -> Num {
        if f.fract() == 0.0 && f.abs() < 9e15 {
            return Num(Repr::Int(f as i64));
        }
        Num(Repr::Float(f))
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
impl Ord for Num {
    fn cmp(&self, other: &Num) -> Ordering {
        self.to_f64().total_cmp(&other.to_f64())
    }
}
impl Hash for Num {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.to_string().hash(state);
    }
}
/// Never with an exponent, as Terraform prints it.
impl fmt::Display for Num {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Repr::Int(i) => write!(f, "{i}"),
            Repr::Float(x) => write!(f, "{x}"),
        }
    }
}
