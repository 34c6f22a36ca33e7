//! `formatdate`, `timeadd`, `timecmp`: RFC 3339 and Go's durations, nothing more.

use super::{Call, Failure, Function, Returns, number, param, string};
use crate::evaluate::value::Val;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "formatdate",
        params: &[param("format", string), param("time", string)],
        more: None,
        returns: Returns::Always(string),
        call: formatdate,
    },
    Function {
        name: "timeadd",
        params: &[param("timestamp", string), param("duration", string)],
        more: None,
        returns: Returns::Always(string),
        call: timeadd,
    },
    Function {
        name: "timecmp",
        params: &[param("timestamp_a", string), param("timestamp_b", string)],
        more: None,
        returns: Returns::Always(number),
        call: timecmp,
    },
];

/// A moment with the offset in which it was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Time {
    /// Days since 1970-01-01 in its own offset.
    days: i64,
    /// Nanoseconds since midnight in its own offset.
    nanos: i128,
    /// Seconds east of UTC.
    offset: i32,
}

const DAY: i128 = 86_400 * SECOND;
const SECOND: i128 = 1_000_000_000;

/// Days since 1970-01-01, in the proleptic Gregorian calendar.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let of_era = y.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day.
fn date_of(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    (year, month, doy - (153 * mp + 2) / 5 + 1)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Reads what is expected, one after the other.
struct Reader<'a>(&'a str);

impl Reader<'_> {
    fn digits(&mut self, n: usize, of: &str, max: i64) -> Result<i64, String> {
        let bad = || format!("cannot use {:?} as {of}", self.0);
        let digits = self.0.get(..n).ok_or_else(bad)?;
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(bad());
        }
        let number: i64 = digits.parse().map_err(|_| bad())?;
        if number > max {
            return Err(bad());
        }
        self.0 = &self.0[n..];
        Ok(number)
    }

    fn expect(&mut self, what: char) -> Result<(), String> {
        match self.0.strip_prefix(what) {
            Some(rest) => {
                self.0 = rest;
                Ok(())
            }
            None if what == 'T' => Err("missing required time introducer 'T'".into()),
            None if self.0.is_empty() => Err(format!("end of string before {what:?}")),
            None => Err(format!("found {:?} where {what:?} is expected", self.0)),
        }
    }
}

impl Time {
    /// From RFC 3339, upper case only.
    pub(super) fn parse(s: &str) -> Result<Time, String> {
        Time::read(s).map_err(|e| format!("not a valid RFC3339 timestamp: {e}"))
    }

    fn read(s: &str) -> Result<Time, String> {
        let mut r = Reader(s);
        let year = r.digits(4, "year", 9999)?;
        r.expect('-')?;
        let month = r.digits(2, "month", 12)?;
        if month == 0 {
            return Err("cannot use \"00\" as month".into());
        }
        r.expect('-')?;
        let day = r.digits(2, "day", 99)?;
        r.expect('T')?;
        let hour = r.digits(2, "hour", 99)?;
        if hour > 23 {
            return Err("hour must be between 0 and 23 inclusive".into());
        }
        r.expect(':')?;
        let minute = r.digits(2, "minute", 59)?;
        r.expect(':')?;
        let second = r.digits(2, "second", 59)?;
        let mut fraction: i128 = 0;
        if let Some(rest) = r.0.strip_prefix('.') {
            let end = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            if end == 0 {
                return Err(format!("cannot use {:?} as UTC offset", r.0));
            }
            let mut scale = SECOND;
            for digit in rest[..end].bytes() {
                scale /= 10;
                fraction += scale * i128::from(digit - b'0');
            }
            r.0 = &rest[end..];
        }
        let offset = match r.0.chars().next() {
            Some('Z') => {
                r.0 = &r.0[1..];
                0
            }
            Some(sign @ ('+' | '-')) => {
                r.0 = &r.0[1..];
                let hours = r.digits(2, "UTC offset", 23)?;
                r.expect(':')?;
                let minutes = r.digits(2, "UTC offset", 59)?;
                let seconds = i32::try_from(hours * 3600 + minutes * 60).unwrap_or(0);
                if sign == '-' { -seconds } else { seconds }
            }
            Some(_) => return Err(format!("cannot use {:?} as UTC offset", r.0)),
            None => return Err("end of string before UTC offset".into()),
        };
        if !r.0.is_empty() {
            return Err(format!("cannot use {:?} as timestamp segment", r.0));
        }
        if day < 1 || day > days_in(year, month) {
            return Err("day out of range".into());
        }
        let seconds = hour * 3600 + minute * 60 + second;
        Ok(Time {
            days: days_of(year, month, day),
            nanos: i128::from(seconds) * SECOND + fraction,
            offset,
        })
    }

    /// From its date, time of day and offset, which are in range.
    pub(super) fn of(date: (i64, i64, i64), seconds: i64, offset: i32) -> Option<Time> {
        let (year, month, day) = date;
        let in_range = (1..=12).contains(&month) && day >= 1 && day <= days_in(year, month);
        in_range.then(|| Time {
            days: days_of(year, month, day),
            nanos: i128::from(seconds) * SECOND,
            offset,
        })
    }

    /// Nanoseconds since 1970 in UTC.
    fn instant(self) -> i128 {
        i128::from(self.days) * DAY + self.nanos - i128::from(self.offset) * SECOND
    }

    fn plus(self, nanos: i128) -> Time {
        let all = i128::from(self.days) * DAY + self.nanos + nanos;
        Time {
            days: i64::try_from(all.div_euclid(DAY)).unwrap_or(self.days),
            nanos: all.rem_euclid(DAY),
            ..self
        }
    }

    fn seconds(self) -> i64 {
        i64::try_from(self.nanos / SECOND).unwrap_or(0)
    }

    /// As RFC 3339, without fractions.
    pub(super) fn text(self) -> String {
        let (year, month, day) = date_of(self.days);
        let s = self.seconds();
        let sign = if year < 0 { "-" } else { "" };
        format!(
            "{sign}{:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}{}",
            year.abs(),
            s / 3600,
            s / 60 % 60,
            s % 60,
            self.zone("Z", true)
        )
    }

    /// The offset; `utc` where there is none.
    fn zone(self, utc: &str, colon: bool) -> String {
        if self.offset == 0 && !utc.is_empty() {
            return utc.to_owned();
        }
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.abs() / 60;
        let colon = if colon { ":" } else { "" };
        format!("{sign}{:02}{colon}{:02}", minutes / 60, minutes % 60)
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// From the day of the epoch on.
const WEEKDAYS: [&str; 7] = [
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
];

fn formatdate(c: &Call<'_>) -> Result<Val, Failure> {
    let t = Time::parse(c.str(1)).map_err(|e| Failure::at(1, e))?;
    let mut out = String::new();
    let mut rest = c.str(0);
    while let Some(first) = rest.chars().next() {
        let end = if first == '\'' {
            quoted(rest, &mut out)?
        } else if first.is_ascii_alphabetic() {
            let end = rest.find(|c| c != first).unwrap_or(rest.len());
            out.push_str(&verb(t, &rest[..end]).map_err(|e| {
                Failure::at(0, format!("invalid date format verb {:?}{e}", &rest[..end]))
            })?);
            end
        } else {
            out.push(first);
            first.len_utf8()
        };
        rest = &rest[end..];
    }
    Ok(Val::text(&out))
}

/// Text between quotes, where two are one; gives its length.
fn quoted(s: &str, out: &mut String) -> Result<usize, Failure> {
    if s.starts_with("''") && !s.starts_with("'''") {
        out.push('\'');
        return Ok(2);
    }
    let mut at = 1;
    loop {
        let Some(end) = s[at..].find('\'') else {
            return Err(Failure::at(0, "unterminated literal '"));
        };
        out.push_str(&s[at..at + end]);
        at += end + 1;
        if !s[at..].starts_with('\'') {
            return Ok(at);
        }
        out.push('\'');
        at += 1;
    }
}

fn verb(t: Time, verb: &str) -> Result<String, &'static str> {
    let (year, month, day) = date_of(t.days);
    let s = t.seconds();
    let (hour, minute, second) = (s / 3600, s / 60 % 60, s % 60);
    let hour12 = (hour + 11) % 12 + 1;
    let name = |names: &[&'static str], i: i64| {
        usize::try_from(i)
            .ok()
            .and_then(|i| names.get(i).copied())
            .unwrap_or("")
    };
    let weekday = name(&WEEKDAYS, t.days.rem_euclid(7));
    let month_name = name(&MONTHS, month - 1);
    Ok(match verb {
        "YY" => format!("{:02}", year % 100),
        "YYYY" => format!("{year:04}"),
        "M" => month.to_string(),
        "MM" => format!("{month:02}"),
        "MMM" => month_name[..3].to_owned(),
        "MMMM" => month_name.to_owned(),
        "D" => day.to_string(),
        "DD" => format!("{day:02}"),
        "EEE" => weekday[..3].to_owned(),
        "EEEE" => weekday.to_owned(),
        "h" => hour.to_string(),
        "hh" => format!("{hour:02}"),
        "H" => hour12.to_string(),
        "HH" => format!("{hour12:02}"),
        "AA" => if hour < 12 { "AM" } else { "PM" }.to_owned(),
        "aa" => if hour < 12 { "am" } else { "pm" }.to_owned(),
        "m" => minute.to_string(),
        "mm" => format!("{minute:02}"),
        "s" => second.to_string(),
        "ss" => format!("{second:02}"),
        "Z" => t.zone("Z", true),
        "ZZZ" => t.zone("UTC", false),
        "ZZZZ" => t.zone("", false),
        "ZZZZZ" => t.zone("", true),
        _ => {
            return Err(match verb.as_bytes()[0] {
                b'Y' => ": year must either be \"YY\" or \"YYYY\"",
                b'M' => ": month must be \"M\", \"MM\", \"MMM\", or \"MMMM\"",
                b'D' => ": day of month must either be \"D\" or \"DD\"",
                b'E' => ": day of week must either be \"EEE\" or \"EEEE\"",
                b'h' => ": 24-hour must either be \"h\" or \"hh\"",
                b'H' => ": 12-hour must either be \"H\" or \"HH\"",
                b'A' => ": must be \"AA\"",
                b'a' => ": must be \"aa\"",
                b'm' => ": minute must either be \"m\" or \"mm\"",
                b's' => ": second must either be \"s\" or \"ss\"",
                b'Z' => ": timezone must be Z, ZZZZ, or ZZZZZ",
                _ => "",
            });
        }
    })
}

/// Go's durations: `1h30m`, `-1.5s`. In nanoseconds.
fn duration(s: &str) -> Result<i128, String> {
    let invalid = || format!("time: invalid duration {s:?}");
    let (negative, mut rest) = match s.as_bytes().first() {
        Some(b'-') => (true, &s[1..]),
        Some(b'+') => (false, &s[1..]),
        _ => (false, s),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let number_end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, after) = rest.split_at(number_end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        // A second point ends the number; no unit begins with one.
        if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
            return Err(invalid());
        }
        let unit_end = after
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        let scale: i128 = match unit {
            "" => return Err(format!("time: missing unit in duration {s:?}")),
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => SECOND,
            "m" => 60 * SECOND,
            "h" => 3600 * SECOND,
            _ => return Err(format!("time: unknown unit {unit:?} in duration {s:?}")),
        };
        if whole.len() > 20 {
            return Err(invalid());
        }
        let whole: i128 = if whole.is_empty() {
            0
        } else {
            whole.parse().map_err(|_| invalid())?
        };
        let mut part = whole * scale;
        let mut place = scale * 1_000_000_000_000_000_000;
        for digit in fraction.bytes().take(18) {
            place /= 10;
            part += place * i128::from(digit - b'0') / 1_000_000_000_000_000_000;
        }
        total += part;
        if total > i128::from(i64::MAX) + i128::from(negative) {
            return Err(invalid());
        }
        rest = after;
    }
    Ok(if negative { -total } else { total })
}

fn timeadd(c: &Call<'_>) -> Result<Val, Failure> {
    let t = Time::parse(c.str(0))?;
    let by = duration(c.str(1))?;
    Ok(Val::str(t.plus(by).text()))
}

fn timecmp(c: &Call<'_>) -> Result<Val, Failure> {
    let a = Time::parse(c.str(0)).map_err(|e| Failure::at(0, e))?;
    let b = Time::parse(c.str(1)).map_err(|e| Failure::at(1, e))?;
    Ok(Val::num(a.instant().cmp(&b.instant()) as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_go_there_and_back() {
        for days in (-800_000..3_000_000).step_by(13) {
            let (y, m, d) = date_of(days);
            assert_eq!(days_of(y, m, d), days);
            assert!(d >= 1 && d <= days_in(y, m));
        }
    }

    #[test]
    fn durations_are_gos() {
        assert_eq!(duration("1.5h"), Ok(5400 * SECOND));
        assert_eq!(duration("-1h30m"), Ok(-5400 * SECOND));
        assert_eq!(duration(".5h"), Ok(1800 * SECOND));
        assert_eq!(duration("2562047h").ok(), Some(2_562_047 * 3600 * SECOND));
        for bad in ["", "-", "1", "1d", ".h", "1 h", "2562048h", "1h-30m", "bad"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
