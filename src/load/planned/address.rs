//! Addresses of module instances, taken apart.

use super::InstanceKey;
use std::sync::Arc;

/// `module.a["x"].module.b[0]` as names and keys; `None` where it is no such address.
pub(super) fn steps(address: &str) -> Option<Vec<(Arc<str>, InstanceKey)>> {
    let mut out = Vec::new();
    let mut rest = address;
    while !rest.is_empty() {
        rest = rest.strip_prefix("module.")?;
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let name = &rest[..end];
        rest = &rest[end..];
        let (key, after) = key(rest)?;
        out.push((Arc::from(name), key));
        rest = match after.strip_prefix('.') {
            Some(more) => more,
            None if after.is_empty() => after,
            None => return None,
        };
    }
    Some(out)
}

/// A key in brackets at the start of a text, and what follows it.
pub fn key(text: &str) -> Option<(InstanceKey, &str)> {
    let Some(inner) = text.strip_prefix('[') else {
        return Some((InstanceKey::None, text));
    };
    if !inner.starts_with('"') {
        let (number, after) = inner.split_once(']')?;
        return Some((InstanceKey::Index(number.parse().ok()?), after));
    }
    let mut escaped = false;
    for (at, c) in inner.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => {
                let after = inner[at + 1..].strip_prefix(']')?;
                // Terraform quotes as JSON does, but for template marks.
                let quoted = inner[..=at].replace("$${", "${").replace("%%{", "%{");
                let name: String = serde_json::from_str(&quoted).ok()?;
                return Some((InstanceKey::Name(name.into()), after));
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_modules() {
        let got = steps(r#"module.a["x.\"]module"].module.b[2].module.c"#).expect("an address");
        let keys: Vec<_> = got.iter().map(|(n, k)| (&**n, k.clone())).collect();
        assert_eq!(
            keys,
            [
                ("a", InstanceKey::Name("x.\"]module".into())),
                ("b", InstanceKey::Index(2)),
                ("c", InstanceKey::None)
            ]
        );
        assert_eq!(steps("").map(|s| s.len()), Some(0));
        for broken in [
            "module.a[",
            "module.a[x]",
            "a.b",
            "module.a[\"x\"",
            "module.a[1]b",
        ] {
            assert!(steps(broken).is_none(), "{broken}");
        }
    }
}
