//! What functions take and give, in a short notation, and texts that they like.

use super::Rng;
use super::types::Ty;

/// `name arguments > result`. `s n b` string, number, bool; `L S M` before an element: list, set, map;
/// `T U` any type, the same one at each place; `i` a small number; `*` behind the last: any number of
/// them; `r f d c k j y v e u` texts: regular expression, date format, time, network, an address in it,
/// JSON, YAML, CSV, base64, duration.
pub const SIGNATURES: &[&str] = &[
    "abs n > n",
    "ceil n > n",
    "floor n > n",
    "signum n > n",
    "max n n * > n",
    "min n n * > n",
    "log i i > n",
    "pow i i > n",
    "parseint j i > n",
    "sum Ln > n",
    "sum Sn > n",
    "length s > n",
    "length LT > n",
    "length MT > n",
    "length ST > n",
    "index LT T > n",
    "timecmp d d > n",
    "tonumber s > n",
    "tonumber n > n",
    "upper s > s",
    "lower s > s",
    "title s > s",
    "trim s s > s",
    "trimspace s > s",
    "trimprefix s s > s",
    "trimsuffix s s > s",
    "chomp s > s",
    "indent i s > s",
    "join s Ls > s",
    "join s Ss > s",
    "join s LT > s",
    "replace s s s > s",
    "replace s r s > s",
    "strrev s > s",
    "substr s i i > s",
    "substr s n n > s",
    "format p s n > s",
    "format q T > s",
    "format q T * > s",
    "jsonencode T > s",
    "yamlencode T > s",
    "base64encode s > s",
    "base64decode e > s",
    "urlencode s > s",
    "md5 s > s",
    "sha1 s > s",
    "sha256 s > s",
    "sha512 s > s",
    "base64sha256 s > s",
    "base64sha512 s > s",
    "uuidv5 w s > s",
    "formatdate f d > s",
    "timeadd d u > s",
    "cidrhost c i > s",
    "cidrsubnet c i i > s",
    "cidrnetmask c > s",
    "tostring s > s",
    "tostring n > s",
    "tostring b > s",
    "regex r s > s",
    "basename s > s",
    "dirname s > s",
    "coalesce s s > s",
    "textencodebase64 s x > s",
    "textdecodebase64 e x > s",
    "startswith s s > b",
    "endswith s s > b",
    "strcontains s s > b",
    "contains LT T > b",
    "contains ST T > b",
    "alltrue Lb > b",
    "anytrue Lb > b",
    "can T > b",
    "issensitive T > b",
    "tobool s > b",
    "tobool b > b",
    "split s s > Ls",
    "split \",\" s > Ls",
    "sort Ls > Ls",
    "sort Sn > Ls",
    "compact Ls > Ls",
    "keys MT > Ls",
    "range i > Ln",
    "range i i > Ln",
    "range i i i > Ln",
    "reverse LT > LT",
    "slice LT i i > LT",
    "distinct LT > LT",
    "concat LT LT > LT",
    "concat LT ST * > LT",
    "chunklist LT i > LLT",
    "values MT > LT",
    "flatten LLT > LT",
    "formatlist q LT > Ls",
    "formatlist p Ls Ln > Ls",
    "matchkeys LT Ls Ls > LT",
    "regexall r s > Ls",
    "cidrsubnets c i i > Ls",
    "tolist ST > LT",
    "tolist LT > LT",
    "coalescelist LT LT > LT",
    "toset LT > ST",
    "toset ST > ST",
    "setunion ST ST > ST",
    "setintersection ST ST > ST",
    "setsubtract ST ST > ST",
    "setproduct ST SU > LT",
    "setproduct LT LU > LT",
    "merge MT MT > MT",
    "merge MT MT * > MT",
    "zipmap Ls LT > MT",
    "tomap MT > MT",
    "transpose MLs > MLs",
    "element LT i > T",
    "element LT n > T",
    "lookup MT s T > T",
    "lookup MT s > T",
    "one LT > T",
    "one ST > T",
    "coalesce T T > T",
    "coalesce T T * > T",
    "try T > T",
    "try T T > T",
    "nonsensitive T > T",
    "sensitive T > T",
    "jsondecode j > T",
    "yamldecode y > T",
    "csvdecode v > T",
    "ephemeralasnull T > T",
    "max Ln... > n",
    "merge LMT... > MT",
    "concat LLT... > LT",
    "setunion LST... > ST",
];

/// A signature in parts.
#[derive(Clone)]
pub struct Signature {
    pub name: &'static str,
    pub arguments: Vec<&'static str>,
    pub repeats: bool,
    pub expands: bool,
    pub result: &'static str,
}

/// All of them.
pub fn signatures() -> Vec<Signature> {
    SIGNATURES
        .iter()
        .map(|line| {
            let (call, result) = line.split_once(" > ").expect("a result");
            let mut words = call.split(' ');
            let name = words.next().expect("a name");
            let mut arguments: Vec<&str> = words.collect();
            let repeats = arguments.last() == Some(&"*");
            if repeats {
                arguments.pop();
            }
            let mut expands = false;
            if let Some(last) = arguments.last_mut()
                && let Some(plain) = last.strip_suffix("...")
            {
                *last = plain;
                expands = true;
            }
            Signature {
                name,
                arguments,
                repeats,
                expands,
                result,
            }
        })
        .collect()
}

/// Whether a type is what the notation says; binds `T` and `U`.
pub fn matches(notation: &str, ty: &Ty, bound: &mut [Option<Ty>; 2]) -> bool {
    let rest = notation.get(1..).unwrap_or("");
    match (&notation[..1], ty) {
        ("s", Ty::Str) | ("n", Ty::Num) | ("b", Ty::Bool) => true,
        ("L", Ty::List(t)) | ("S", Ty::Set(t)) | ("M", Ty::Map(t)) => matches(rest, t, bound),
        ("T" | "U", t) => {
            let slot = &mut bound[usize::from(notation.starts_with('U'))];
            match slot {
                Some(have) => have == t,
                None => {
                    *slot = Some(t.clone());
                    true
                }
            }
        }
        _ => false,
    }
}

/// The type that a notation stands for; `None` for a text of its own kind.
pub fn type_of(notation: &str, bound: &mut [Option<Ty>; 2], rng: &mut Rng) -> Option<Ty> {
    let rest = notation.get(1..).unwrap_or("");
    let inner =
        |bound: &mut [Option<Ty>; 2], rng: &mut Rng| type_of(rest, bound, rng).map(Box::new);
    Some(match &notation[..1] {
        "s" => Ty::Str,
        "n" => Ty::Num,
        "b" => Ty::Bool,
        "L" => Ty::List(inner(bound, rng)?),
        "S" => Ty::Set(inner(bound, rng)?),
        "M" => Ty::Map(inner(bound, rng)?),
        "T" | "U" => bound[usize::from(notation.starts_with('U'))]
            .get_or_insert_with(|| Ty::random(rng, 1))
            .clone(),
        _ => return None,
    })
}

/// Texts of a kind.
pub fn texts(notation: &str) -> &'static [&'static str] {
    match notation {
        "i" => &["0", "1", "2", "3", "-1", "4", "8", "10", "16"],
        "r" => &[
            r#""a""#,
            r#""[a-z]+""#,
            r#""(\\d+)""#,
            r#""^(?P<x>.)""#,
            r#""(.)(.)""#,
            r#""/[0-9]+/""#,
            r#""/(a|b)/""#,
            r#"".*""#,
            r#""\\s""#,
            r#""x?""#,
            r#""/\\b./""#,
            r#""[[:alpha:]]""#,
            r#""(?i)A""#,
            r#""^$""#,
            r#""(""#,
        ],
        "f" => &[
            r#""YYYY-MM-DD""#,
            r#""hh:mm:ss""#,
            r#""EEE, D MMM YY""#,
            r#""HH AA""#,
            r#""'at' Z""#,
            r#""ZZZZZ""#,
            r#""Q""#,
            r#""M/D h""#,
        ],
        "d" => &[
            r#""2020-01-01T00:00:00Z""#,
            r#""2024-02-29T12:34:56Z""#,
            r#""2021-12-31T23:59:59+09:00""#,
            r#""1999-06-15T08:00:00.5-07:30""#,
            r#""2020-13-01T00:00:00Z""#,
        ],
        "u" => &[
            r#""1h""#,
            r#""-30m""#,
            r#""1h30m10s""#,
            r#""24h""#,
            r#""1.5h""#,
            r#""10ms""#,
            r#""1d""#,
        ],
        "c" => &[
            r#""10.0.0.0/8""#,
            r#""192.168.1.0/24""#,
            r#""2001:db8::/32""#,
            r#""10.1.2.3/16""#,
            r#""0.0.0.0/0""#,
            r#""::/0""#,
            r#""10.0.0.0/33""#,
        ],
        "j" => &[
            r#""{\"a\": 1, \"b\": [true, null, \"x\"]}""#,
            r#""[1, 2.50, \"3\"]""#,
            r#""null""#,
            r#""\"s\"""#,
            r#""12""#,
            r#""{}""#,
            r#""[]""#,
            r#""{\"a\":""#,
            r#""1e2""#,
            r#""ff""#,
            r#""077""#,
        ],
        "y" => &[
            r#""a: 1\nb: [x, y]""#,
            r#""- 1\n- two\n- null""#,
            r#""true""#,
            r#""a: {b: c}""#,
            r#""x: 010\ny: 0x1f\nz: yes""#,
            r#""a: |\n  l1\n  l2\n""#,
            r#""k: 2020-01-01""#,
            r#""~""#,
            r#""- a\n b""#,
            r#""a: 'x''y'\nb: \"q\\t\"""#,
            r#""a: &x 1\nb: *x""#,
        ],
        "v" => &[
            r#""a,b\n1,2\n3,4""#,
            r#""x\n""#,
            r#""a,b\n\"q,1\",2\n""#,
            r#""a,a\n1,2""#,
            r#""a,b\n1""#,
        ],
        "e" => &[
            r#""YQ==""#,
            r#""aGVsbG8=""#,
            r#""""#,
            r#""4pyT""#,
            r#""YQ""#,
            r#""/w==""#,
        ],
        "x" => &[
            r#""UTF-8""#,
            r#""UTF-16LE""#,
            r#""utf-16""#,
            r#""ISO-8859-1""#,
            r#""Shift_JIS""#,
            r#""nope""#,
        ],
        "w" => &[
            r#""dns""#,
            r#""url""#,
            r#""oid""#,
            r#""x500""#,
            r#""6ba7b810-9dad-11d1-80b4-00c04fd430c8""#,
            r#""zz""#,
        ],
        "p" => &[
            r#""%s-%d""#,
            r#""%s:%04d""#,
            r#""%q %v""#,
            r#""%-5s|%5.1f""#,
            r#""%[2]v %[1]v""#,
            r#""%s""#,
            r#""%s %s %s""#,
            r#""%% %s%x""#,
            r#""%t %d""#,
        ],
        "q" => &[
            r#""%v""#,
            r#""<%v>""#,
            r#""%#v""#,
            r#""%s""#,
            r#""x%%%v""#,
            r#""%5v|""#,
            r#""%-5v|""#,
        ],
        _ => &[],
    }
}
