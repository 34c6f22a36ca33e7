//! Subnets: `cidrhost`, `cidrnetmask`, `cidrsubnet`, `cidrsubnets`.
//!
//! Follows Terraform in its oddities too: leading zeros are read, an address may lie outside of its
//! network where the number is negative, IPv4 in IPv6 is half of each.

use super::{
    Call, Failure, Function, Param, Returns, boolean, list_of_string, number, param, string,
};
use crate::evaluate::types::Type;
use crate::evaluate::value::{Val, Why};
use num_bigint::{BigInt, BigUint, Sign};
use std::net::{Ipv4Addr, Ipv6Addr};

const PREFIX: Param = param("prefix", string);

const fn function(
    name: &'static str,
    params: &'static [Param],
    call: fn(&Call<'_>) -> Result<Val, Failure>,
) -> Function {
    Function {
        name,
        params,
        more: None,
        returns: Returns::Always(string),
        call,
    }
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "cidrcontains",
        params: &[
            param("containing_prefix", string),
            param("contained_ip_or_prefix", string),
        ],
        more: None,
        returns: Returns::Always(boolean),
        call: cidrcontains,
    },
    function("cidrhost", &[PREFIX, param("hostnum", number)], cidrhost),
    function("cidrnetmask", &[PREFIX], cidrnetmask),
    function(
        "cidrsubnet",
        &[PREFIX, param("newbits", number), param("netnum", number)],
        cidrsubnet,
    ),
    Function {
        name: "cidrsubnets",
        params: &[PREFIX],
        more: Some(param("newbits", number)),
        returns: Returns::Always(list_of_string),
        call: cidrsubnets,
    },
];

/// An address with its length: 32 bits or 128.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Address {
    bits: u32,
    number: u128,
}

/// A network: its address, masked, and the length of its prefix.
#[derive(Clone, Copy, Debug)]
struct Network {
    address: Address,
    prefix: u32,
}

/// What all IPv4 addresses in IPv6 begin with.
const MAPPED: u128 = 0xffff << 32;

impl Address {
    /// Whether Go takes it for an IPv4 address.
    fn is_v4(self) -> bool {
        self.bits == 32 || self.number >> 32 == MAPPED >> 32
    }

    /// The last address.
    fn last(self) -> u128 {
        ones(self.bits)
    }

    fn mask(self, prefix: u32) -> u128 {
        self.last() ^ ones(self.bits - prefix)
    }
}

/// A number of `n` ones.
fn ones(n: u32) -> u128 {
    if n >= 128 { u128::MAX } else { (1 << n) - 1 }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_v4() {
            let low = u32::try_from(self.number & u128::from(u32::MAX)).unwrap_or(0);
            return Ipv4Addr::from(low).fmt(f);
        }
        v6_text(self.number).fmt(f)
    }
}

/// An IPv6 address as RFC 5952 writes it, without an IPv4 form at the end.
fn v6_text(number: u128) -> String {
    let groups = Ipv6Addr::from(number).segments();
    let (mut best, mut length) = (0, 1);
    let mut at = 0;
    while at < 8 {
        let run = groups[at..].iter().take_while(|g| **g == 0).count();
        if run > length {
            (best, length) = (at, run);
        }
        at += run.max(1);
    }
    let text = |g: &[u16]| {
        g.iter()
            .map(|g| format!("{g:x}"))
            .collect::<Vec<_>>()
            .join(":")
    };
    if length < 2 {
        return text(&groups);
    }
    format!(
        "{}::{}",
        text(&groups[..best]),
        text(&groups[best + length..])
    )
}

/// Decimal digits, any number of zeros first.
fn decimal(s: &str) -> Option<u32> {
    if s.is_empty() || !s.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    s.parse().ok().filter(|n| *n < 0x00ff_ffff)
}

fn parse_v4(s: &str) -> Option<u128> {
    let mut parts = s.split('.');
    let mut number = 0;
    for _ in 0..4 {
        let byte = decimal(parts.next()?)?;
        if byte > 255 {
            return None;
        }
        number = number << 8 | u128::from(byte);
    }
    parts.next().is_none().then_some(number)
}

fn parse_v6(s: &str) -> Option<u128> {
    // At most one `::`, which stands for at least one group.
    let (head, tail) = match s.split_once("::") {
        Some((head, tail)) => (head, Some(tail)),
        None => (s, None),
    };
    let groups = |s: &str, last: bool| -> Option<Vec<u16>> {
        let mut out = Vec::new();
        if s.is_empty() {
            return Some(out);
        }
        let count = s.split(':').count();
        for (i, part) in s.split(':').enumerate() {
            if last && i + 1 == count && part.contains('.') {
                let v4 = parse_v4(part)?;
                out.push(u16::try_from(v4 >> 16).ok()?);
                out.push(u16::try_from(v4 & 0xffff).ok()?);
                continue;
            }
            if part.is_empty() || !part.bytes().all(|b| b.is_ascii_hexdigit()) {
                return None;
            }
            let digits = part.trim_start_matches('0');
            out.push(if digits.is_empty() {
                0
            } else {
                u16::from_str_radix(digits, 16).ok()?
            });
        }
        Some(out)
    };
    let mut all = groups(head, tail.is_none())?;
    match tail {
        Some(tail) => {
            let tail = groups(tail, true)?;
            let missing = 8usize
                .checked_sub(all.len() + tail.len())
                .filter(|n| *n > 0)?;
            all.resize(all.len() + missing, 0);
            all.extend(tail);
        }
        None if all.len() != 8 => return None,
        None => {}
    }
    (all.len() == 8).then(|| all.iter().fold(0, |n, g| n << 16 | u128::from(*g)))
}

fn parse_address(s: &str) -> Option<Address> {
    if let Some(number) = parse_v4(s) {
        return Some(Address { bits: 32, number });
    }
    parse_v6(s).map(|number| Address { bits: 128, number })
}

impl Network {
    fn parse(s: &str) -> Option<Network> {
        let (address, prefix) = s.split_once('/')?;
        let mut address = parse_address(address)?;
        let prefix = decimal(prefix).filter(|p| *p <= address.bits)?;
        address.number &= address.mask(prefix);
        Some(Network { address, prefix })
    }

    fn first(self) -> u128 {
        self.address.number
    }

    fn last(self) -> u128 {
        self.address.number | ones(self.address.bits - self.prefix)
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The mask of an IPv4 address in IPv6 is the last part of its own.
        let prefix = if self.address.bits == 128 && self.address.is_v4() {
            self.prefix.saturating_sub(96)
        } else {
            self.prefix
        };
        write!(f, "{}/{prefix}", self.address)
    }
}

fn network(c: &Call<'_>) -> Result<Network, Failure> {
    let s = c.str(0);
    Network::parse(s).ok_or_else(|| {
        Failure::new(format!(
            "invalid CIDR expression: invalid CIDR address: {s}"
        ))
    })
}

/// The whole number that an argument is.
fn whole(c: &Call<'_>, i: usize) -> Result<BigInt, Failure> {
    c.args
        .get(i)
        .and_then(Val::as_num)
        .and_then(super::decimal::integer)
        .ok_or_else(|| Failure::new("value must be a whole number"))
}

/// The low 64 bits of the magnitude, which is what Terraform compares.
fn low64(n: &BigInt) -> u64 {
    n.magnitude().iter_u64_digits().next().unwrap_or(0)
}

/// Writes a number into an address, shifted so far that it ends after `prefix` bits.
fn insert(address: Address, n: BigInt, prefix: i64) -> Result<Address, Failure> {
    let shift = i64::from(address.bits) - prefix;
    let shift = u64::try_from(shift).map_err(|_| Failure::new("prefix out of range"))?;
    // Two's complement, as an or with a negative number is.
    let number = BigInt::from(address.number) | (n << shift);
    match u128::try_from(number.magnitude()) {
        Ok(number) if number <= address.last() => Ok(Address { number, ..address }),
        _ => Err(Failure::new("the number does not fit into the address")),
    }
}

fn cidrhost(c: &Call<'_>) -> Result<Val, Failure> {
    let net = network(c)?;
    let mut n = whole(c, 1)?;
    let room = net.address.bits - net.prefix;
    let max = BigInt::from(ones(room));
    // Go's int64 of the low bits: from 2^63 on it is negative, and then always small enough.
    let mut counted = BigInt::from(low64(&n).cast_signed());
    if n.sign() == Sign::Minus {
        counted = BigInt::from(BigUint::clone(n.magnitude())) - 1;
        n = &max - &counted;
    }
    if counted > max {
        return Err(Failure::new(format!(
            "prefix of {} does not accommodate a host numbered {n}",
            net.prefix
        )));
    }
    let bits = if net.address.is_v4() { 32 } else { 128 };
    let host = insert(net.address, n, bits)?;
    Ok(Val::str(host.to_string()))
}

fn cidrnetmask(c: &Call<'_>) -> Result<Val, Failure> {
    let net = network(c)?;
    if !net.address.is_v4() {
        return Err(Failure::new(format!(
            "IPv6 addresses cannot have a netmask: {}",
            c.str(0)
        )));
    }
    let mask = Address {
        number: net.address.mask(net.prefix),
        ..net.address
    };
    Ok(Val::str(mask.to_string()))
}

fn cidrsubnet(c: &Call<'_>) -> Result<Val, Failure> {
    let net = network(c)?;
    let new_bits = c.int(1)?;
    let n = whole(c, 2)?;
    let prefix = i64::from(net.prefix).saturating_add(new_bits);
    if prefix > i64::from(net.address.bits) {
        return Err(Failure::new(format!(
            "insufficient address space to extend prefix of {} by {new_bits}",
            net.prefix
        )));
    }
    let max = match u32::try_from(new_bits) {
        Ok(bits) if bits < 64 => (1 << bits) - 1,
        _ => u64::MAX,
    };
    if low64(&n) > max {
        return Err(Failure::new(format!(
            "prefix extension of {new_bits} does not accommodate a subnet numbered {n}"
        )));
    }
    let Ok(new_prefix) = u32::try_from(prefix) else {
        // Less than no prefix has no text.
        return Ok(Val::str("<nil>"));
    };
    let address = insert(net.address, n, prefix)?;
    let subnet = Network {
        address,
        prefix: new_prefix,
    };
    Ok(Val::str(subnet.to_string()))
}

fn cidrsubnets(c: &Call<'_>) -> Result<Val, Failure> {
    let net = Network::parse(c.str(0)).ok_or_else(|| {
        let message = format!(
            "invalid CIDR expression: invalid CIDR address: {}",
            c.str(0)
        );
        Failure::at(0, message)
    })?;
    let bits = net.address.bits;
    // Where the search for the next subnet begins; none where it would begin before the first
    // address, which Terraform takes for the end.
    let mut end = net.first().checked_sub(1);
    let mut before: Option<Network> = None;
    let mut out = Vec::with_capacity(c.args.len());
    if c.args.len() > 1 && bits == 128 && net.address.is_v4() {
        return Err(Failure::at(1, "not enough remaining address space"));
    }
    for i in 1..c.args.len() {
        let length = c.int(i)?;
        if length < 1 {
            return Err(Failure::at(i, "must extend prefix by at least one bit"));
        }
        if length > 32 {
            return Err(Failure::at(i, "may not extend prefix by more than 32 bits"));
        }
        let prefix = net.prefix + u32::try_from(length).unwrap_or(0);
        if prefix > bits {
            let protocol = if bits == 32 { "IPv4" } else { "IPv6" };
            return Err(Failure::at(
                i,
                format!(
                    "would extend prefix to {prefix} bits, which is too long for an {protocol} \
                     address"
                ),
            ));
        }
        let next = end.and_then(|end| {
            let last = end | ones(bits - prefix);
            let first = (last < net.address.last()).then(|| last + 1)?;
            (first >= net.first() && first <= net.last()).then_some(first)
        });
        let Some(number) = next else {
            let after = before.map(|b| format!(" after {b}")).unwrap_or_default();
            return Err(Failure::at(
                i,
                format!(
                    "not enough remaining address space for a subnet with a prefix of {prefix} \
                     bits{after}"
                ),
            ));
        };
        let subnet = Network {
            address: Address { bits, number },
            prefix,
        };
        end = Some(subnet.last());
        before = Some(subnet);
        out.push(Val::str(subnet.to_string()));
    }
    Ok(Val::list(Type::String, out))
}

/// `OpenTofu`'s: whether a prefix contains an address or prefix.
fn cidrcontains(c: &Call<'_>) -> Result<Val, Failure> {
    let net = network(c)?;
    let s = c.str(1);
    let other = Network::parse(s).or_else(|| {
        parse_address(s).map(|address| Network {
            address,
            prefix: address.bits,
        })
    });
    let Some(other) = other else {
        return Err(Failure::at(1, format!("invalid IP address or prefix: {s}")));
    };
    if net.address.bits != other.address.bits {
        return Err(Failure::Unknown(Why::Function, "cidrcontains".into()));
    }
    Ok(Val::bool(
        net.first() <= other.first() && other.last() <= net.last(),
    ))
}
