//! Days of the calendar, and the only place that asks which one today is.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// The environment variable that says which day today is, for tests and for repeating a run.
/// (`SOURCE_DATE_EPOCH` is not it: build systems set that to a day long past, and a suppression that
/// has expired would count again.)
pub const TODAY: &str = "SEKISHO_TODAY";

/// A day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// A day; `None` where the calendar has none such.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Date> {
        let leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (1..=days)
            .contains(&day)
            .then_some(Date { year, month, day })
    }

    /// Reads `2027-03-31`.
    pub fn parse(text: &str) -> Option<Date> {
        let shape = text.len() == 10
            && text.bytes().enumerate().all(|(i, b)| {
                if i == 4 || i == 7 {
                    b == b'-'
                } else {
                    b.is_ascii_digit()
                }
            });
        if !shape {
            return None;
        }
        Date::new(
            text[..4].parse().ok()?,
            text[5..7].parse().ok()?,
            text[8..].parse().ok()?,
        )
    }

    /// Today in UTC; `given` is what [`TODAY`] says, and counts where it is a day.
    pub fn today(given: Option<&str>) -> Date {
        given.and_then(Date::parse).unwrap_or_else(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH);
            Date::of_days(since.map_or(0, |d| d.as_secs() / 86_400))
        })
    }

    /// The day so many days after 1970-01-01.
    fn of_days(days: u64) -> Date {
        // Years that begin in March, in eras of 400 years: the leap day is the last of its year.
        let days = days + 719_468;
        let (era, of_era) = (days / 146_097, days % 146_097);
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let (month, next) = if month < 10 {
            (month + 3, 0)
        } else {
            (month - 9, 1)
        };
        Date {
            year: (year + era * 400 + next) as u16,
            month: month as u8,
            day: day as u8,
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::Date;

    #[test]
    fn days_are_those_of_the_calendar() {
        let date = |days: u64| Date::of_days(days).to_string();
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(59), "1970-03-01");
        assert_eq!(date(11_016), "2000-02-29");
        assert_eq!(date(20_753), "2026-10-27");
        for days in 0..60_000 {
            let shown = date(days);
            assert_eq!(Date::parse(&shown), Some(Date::of_days(days)), "{shown}");
            assert!(Date::of_days(days) < Date::of_days(days + 1));
        }
    }

    #[test]
    fn what_is_no_day_is_none() {
        for text in [
            "2027-02-29",
            "2027-13-01",
            "2027-00-10",
            "27-01-01",
            "2027-1-1",
            "2027/01/01",
            "2027-01-01x",
            "２０２７-01-01",
            "",
        ] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
        assert!(Date::parse("2028-02-29").is_some());
        assert!(Date::parse("2100-02-29").is_none());
    }

    #[test]
    fn today_can_be_given() {
        assert_eq!(Date::today(Some("2027-03-31")).to_string(), "2027-03-31");
        assert_eq!(Date::today(Some("soon")), Date::today(None));
        assert!(Date::today(None) > Date::parse("2025-01-01").expect("a day"));
    }
}
