//! Patterns of names, addresses and paths, as settings write them.

/// Whether a text matches: `*` stands for anything, also for nothing; the rest for itself.
pub fn text(pattern: &str, text: &str) -> bool {
    let (p, t) = (pattern.as_bytes(), text.as_bytes());
    let (mut i, mut j) = (0, 0);
    // Where the last star stands, and how far the text was when it was met.
    let mut star: Option<(usize, usize)> = None;
    while j < t.len() {
        if p.get(i) == Some(&b'*') {
            star = Some((i, j));
            i += 1;
        } else if p.get(i) == Some(&t[j]) {
            i += 1;
            j += 1;
        } else if let Some((at, taken)) = star {
            star = Some((at, taken + 1));
            i = at + 1;
            j = taken + 1;
        } else {
            return false;
        }
    }
    p[i..].iter().all(|b| *b == b'*')
}

/// Whether an address matches, step by step: `*` stands for anything within a step, `**` for any
/// number of steps. A step without an index stands for all its instances.
pub fn address(pattern: &str, address: &str) -> bool {
    sequence(&steps(pattern), &steps(address), &|p, step| {
        let bare = if p.contains('[') {
            step
        } else {
            step.split('[').next().unwrap_or(step)
        };
        text(p, bare)
    })
}

/// Whether a path, relative to where the pattern stands, matches, or a directory that it lies in does:
/// `*` stands for anything within a name, `**` for any number of names.
pub fn path(pattern: &str, path: &str) -> bool {
    let trimmed = pattern.trim_start_matches("./").trim_end_matches('/');
    let wanted: Vec<&str> = trimmed.split('/').filter(|p| *p != ".").collect();
    let names: Vec<&str> = path.split('/').collect();
    (1..=names.len()).any(|n| sequence(&wanted, &names[..n], &text)) || trimmed == "."
}

/// The steps of an address: dots within an index part nothing.
pub fn steps(address: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let (mut start, mut quoted, mut escaped, mut depth) = (0, false, false, 0_usize);
    for (at, b) in address.bytes().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' if depth > 0 => quoted = !quoted,
            b'[' if !quoted => depth += 1,
            b']' if !quoted => depth = depth.saturating_sub(1),
            b'.' if !quoted && depth == 0 => {
                out.push(&address[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    out.push(&address[start..]);
    out
}

fn sequence(pattern: &[&str], steps: &[&str], one: &dyn Fn(&str, &str) -> bool) -> bool {
    // Which numbers of steps the pattern so far can have taken.
    let mut taken = vec![false; steps.len() + 1];
    taken[0] = true;
    for p in pattern {
        let mut next = vec![false; steps.len() + 1];
        if *p == "**" {
            let mut any = false;
            for (at, was) in taken.iter().enumerate() {
                any |= *was;
                next[at] = any;
            }
        } else {
            for (at, step) in steps.iter().enumerate() {
                next[at + 1] = taken[at] && one(p, step);
            }
        }
        taken = next;
    }
    taken[steps.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        for (pattern, good, bad) in [
            ("aws_cognito_*", "aws_cognito_user_pool", "aws_s3_bucket"),
            ("*customer*", "prod-customers", "prod-custom"),
            ("*", "", "\u{0}never"),
            ("a*b*c", "aXXbYbZc", "aXXbYcZ"),
            ("鍵*", "鍵です", "カギ"),
            ("", "", "a"),
        ] {
            assert!(text(pattern, good), "{pattern} {good}");
            assert!(!text(pattern, bad) || pattern == "*", "{pattern} {bad}");
        }
    }

    #[test]
    fn addresses() {
        let good = [
            ("module.crm.**", "module.crm.aws_s3_bucket.a"),
            (
                "module.crm.**",
                "module.crm[\"a.b\"].module.x.aws_s3_bucket.a[0]",
            ),
            ("aws_s3_bucket.*", "aws_s3_bucket.a[0]"),
            ("aws_s3_bucket.a[0]", "aws_s3_bucket.a[0]"),
            ("aws_s3_bucket.a[\"*\"]", "aws_s3_bucket.a[\"x.y\"]"),
            (
                "**.aws_s3_bucket.log",
                "module.a.module.b.aws_s3_bucket.log",
            ),
            ("**", "aws_s3_bucket.log"),
        ];
        for (pattern, a) in good {
            assert!(address(pattern, a), "{pattern} {a}");
        }
        let bad = [
            ("module.crm.**", "module.crmx.aws_s3_bucket.a"),
            ("module.crm.*", "module.crm.aws_s3_bucket.a"),
            ("aws_s3_bucket.a[0]", "aws_s3_bucket.a[1]"),
            ("aws_s3_bucket.a", "module.x.aws_s3_bucket.a"),
            ("aws_s3_bucket.a[0]", "aws_s3_bucket.a[*]"),
        ];
        for (pattern, a) in bad {
            assert!(!address(pattern, a), "{pattern} {a}");
        }
    }

    #[test]
    fn paths() {
        let good = [
            ("envs/prod/**", "envs/prod/main.tf"),
            ("envs/prod", "envs/prod/a/main.tf"),
            ("envs/*/db.tf", "envs/prod/db.tf"),
            ("**/db.tf", "db.tf"),
            ("./envs/prod/", "envs/prod/main.tf"),
            (".", "main.tf"),
            ("envs/prod", "envs/prod"),
        ];
        for (pattern, p) in good {
            assert!(path(pattern, p), "{pattern} {p}");
        }
        let bad = [
            ("envs/prod", "envs/production/main.tf"),
            ("envs/*", "main.tf"),
            ("envs/*/db.tf", "envs/a/b/db.tf"),
        ];
        for (pattern, p) in bad {
            assert!(!path(pattern, p), "{pattern} {p}");
        }
    }
}
