//! What terraform 1.11 answers.

use super::Num;
use std::collections::HashSet;

fn n(text: &str) -> Num {
    Num::parse(text).unwrap_or_else(|| panic!("{text} is a number"))
}

#[test]
fn text_that_is_a_number() {
    for (text, printed) in [
        ("0", "0"),
        ("007", "7"),
        ("+1", "1"),
        ("1.", "1"),
        (".5", "0.5"),
        ("1.50", "1.5"),
        ("1E3", "1000"),
        ("1e+5", "100000"),
        ("1p3", "8"),
        ("2.5e-7", "0.00000025"),
        ("-0", "-0"),
        ("-0.0", "-0"),
        ("-7", "-7"),
        ("Inf", "+Inf"),
        ("inf", "+Inf"),
        ("-Inf", "-Inf"),
        ("4.35", "4.35"),
        ("9007199254740993", "9007199254740993"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("9223372036854775808", "9223372036854775808"),
        (
            "123456789012345678901234567890",
            "123456789012345678901234567890",
        ),
        (
            "0.1234567890123456789012345678901234567890",
            "0.123456789012345678901234567890123456789",
        ),
        ("1e2147483000", "+Inf"),
        ("1e-2147483000", "0"),
    ] {
        assert_eq!(n(text).to_string(), printed, "{text}");
    }
    assert_eq!(n("1e400").to_string(), format!("1{}", "0".repeat(400)));
    assert_eq!(n("1e-400").to_string(), format!("0.{}1", "0".repeat(399)));
    assert_eq!(
        n(&"9".repeat(5000)).to_string(),
        format!("1{}", "0".repeat(5000))
    );
}

#[test]
fn text_that_is_not_a_number() {
    for text in [
        "",
        " 1",
        "1 ",
        "1_000",
        "0x10",
        "0b1",
        "1e",
        "e5",
        ".",
        "-",
        "+-1",
        "1e+",
        "１",
        "INF",
        "NaN",
        "1e99999999999999999999",
        "1e9999999999",
        "1.2.3",
        "--1",
    ] {
        assert!(Num::parse(text).is_none(), "{text}");
    }
}

#[test]
fn arithmetic() {
    let third = format!("0.{}5", "3".repeat(154));
    let seventh = "0.14285714285714285714285714285714285714285714285714285714285714285714285714285714285714285714285714285714285714285714285714285714285714285714285714285714285";
    for (a, op, b, want) in [
        ("0.1", '+', "0.2", "0.3"),
        ("0.1", '-', "0.2", "-0.1"),
        ("1.1", '-', "1.1", "0"),
        ("1", '/', "3", &third),
        ("1", '/', "7", seventh),
        ("10", '/', "4", "2.5"),
        ("1", '/', "0", "+Inf"),
        ("-1", '/', "0", "-Inf"),
        ("0", '*', "-5", "-0"),
        ("0", '/', "-5", "-0"),
        ("-1", '*', "0", "-0"),
        ("-5", '%', "5", "0"),
        ("5", '%', "-3", "2"),
        ("-7", '%', "-3", "-1"),
        ("-5.5", '%', "2", "-1.5"),
        ("7.5", '%', "2", "1.5"),
        ("1", '%', "0", "1"),
        ("0", '%', "0", "0"),
        ("1e30", '%', "1e-30", "0"),
        ("0.3", '%', "0.1", "0"),
        ("10", '%', "3.3", &format!("0.1{}48", "0".repeat(152))),
        ("1e20", '+', "1", "100000000000000000001"),
        ("9223372036854775807", '+', "1", "9223372036854775808"),
        (
            "9223372036854775807",
            '*',
            "9223372036854775807",
            "85070591730234615847396907784232501249",
        ),
        (
            "1e30",
            '-',
            "1e-30",
            &format!("{}.{}", "9".repeat(30), "9".repeat(30)),
        ),
        ("0.1", '*', "0.2", &format!("0.02{}1", "0".repeat(153))),
        ("0.3", '-', "0.1", &format!("0.2{}2", "0".repeat(153))),
    ] {
        let (x, y) = (n(a), n(b));
        let got = match op {
            '+' => x.add(&y),
            '-' => x.sub(&y),
            '*' => x.mul(&y),
            '/' => x.div(&y),
            _ => x.rem(&y),
        };
        let got = got.map(|n| n.to_string());
        assert_eq!(got.as_deref(), Some(want), "{a} {op} {b}");
    }
}

#[test]
fn arithmetic_that_terraform_refuses() {
    let inf = n("Inf");
    assert!(inf.add(&inf.neg()).is_none());
    assert!(inf.sub(&inf).is_none());
    assert!(inf.mul(&n("0")).is_none());
    assert!(inf.div(&inf).is_none());
    assert!(n("0").div(&n("0")).is_none());
    assert!(inf.rem(&n("2")).is_none());
    assert!(n("2").rem(&inf).is_none());
}

#[test]
fn precision_follows_the_operands() {
    let counted = Num::from(1i64).div(&Num::from(3i64));
    assert_eq!(
        counted.map(|n| n.to_string()).as_deref(),
        Some("0.33333333333333333334")
    );
    assert_eq!(Num::from(2f64.powi(62)).to_string(), "4611686018427388000");
    assert_eq!(Num::from(2f64.powi(64)).to_string(), "18446744073709550000");
    assert_eq!(
        Num::from(1.892_789_260_714_372_4).to_string(),
        "1.8927892607143724"
    );
    assert_eq!(Num::from(0.1).to_string(), "0.1");
    assert_ne!(Num::from(0.1), n("0.1"));
}

#[test]
fn whole_numbers() {
    for (x, floor, ceil) in [
        ("-1.1", "-2", "-1"),
        ("-0.5", "-1", "0"),
        ("0.5", "0", "1"),
        ("-0", "0", "0"),
        ("1e-10", "0", "1"),
        (
            "99999999999999999999.5",
            "99999999999999999999",
            "100000000000000000000",
        ),
        ("Inf", "+Inf", "+Inf"),
    ] {
        assert_eq!(n(x).floor().to_string(), floor, "floor({x})");
        assert_eq!(n(x).ceil().to_string(), ceil, "ceil({x})");
    }
    assert_eq!(n("1.0").to_i64(), Some(1));
    assert_eq!(n("1.5").to_i64(), None);
    assert_eq!(n("-9223372036854775808").to_i64(), Some(i64::MIN));
    assert_eq!(n("9223372036854775808").to_i64(), None);
}

#[test]
fn equal_by_value() {
    let all = [n("0"), n("-0"), Num::from(0.0), n("0e5"), Num::from(-0.0)];
    assert!(all.iter().all(|x| *x == all[0]));
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), 1);
    assert_eq!(n("1e3"), n("1000"));
    assert_eq!(Num::from(2f64.powi(62)), n("4611686018427387904"));
    let mut sorted = [
        n("1e30"),
        n("Inf"),
        n("-1.5"),
        n("0.25"),
        n("-Inf"),
        n("1"),
        n("-2"),
    ];
    sorted.sort();
    let printed: Vec<String> = sorted.iter().map(ToString::to_string).collect();
    let want = [
        "-Inf",
        "-2",
        "-1.5",
        "0.25",
        "1",
        "1000000000000000000000000000000",
        "+Inf",
    ];
    assert_eq!(printed, want);
}

#[test]
fn to_the_nearest_double() {
    for text in [
        "0.1",
        "1e308",
        "1e-308",
        "5e-324",
        "2.2250738585072014e-308",
        "123456789.123",
        "-1.5",
        "1e23",
    ] {
        let want: f64 = text.parse().expect("a double");
        assert_eq!(n(text).to_f64().to_bits(), want.to_bits(), "{text}");
    }
    assert!(n("1e309").to_f64().is_infinite());
    assert!(n("1e-400").to_f64() == 0.0);
}
