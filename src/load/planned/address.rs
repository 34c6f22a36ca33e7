//! Addresses of instances, of modules and of resources, taken apart.

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

/// The parts of a resource instance's address.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct InstanceAddress<'a> {
    /// `module.a["x"]`; empty for the root.
    pub module: &'a str,
    /// `managed` or `data`.
    pub mode: &'static str,
    pub ty: &'a str,
    pub name: &'a str,
    pub key: InstanceKey,
}

/// `module.a["x"].data.aws_x.y[0]` in parts; `None` where it is no such address.
pub(super) fn instance(address: &str) -> Option<InstanceAddress<'_>> {
    let mut rest = address;
    while let Some(call) = rest.strip_prefix("module.") {
        let end = call.find(['.', '['])?;
        let (_, after) = key(&call[end..])?;
        rest = after.strip_prefix('.')?;
    }
    let module = address[..address.len() - rest.len()].trim_end_matches('.');
    let (mode, rest) = match (rest.strip_prefix("data."), rest.strip_prefix("ephemeral.")) {
        (Some(rest), _) => ("data", rest),
        (_, Some(rest)) => ("ephemeral", rest),
        _ => ("managed", rest),
    };
    let (ty, rest) = rest.split_once('.')?;
    let end = rest.find('[').unwrap_or(rest.len());
    let (key, after) = key(&rest[end..])?;
    let name = &rest[..end];
    (after.is_empty() && !ty.is_empty() && !name.is_empty()).then_some(InstanceAddress {
        module,
        mode,
        ty,
        name,
        key,
    })
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
    fn instances() {
        let got = instance(r#"module.a["x.\"]"].module.b.data.aws_x.y["k.[0]"]"#);
        assert_eq!(
            got,
            Some(InstanceAddress {
                module: r#"module.a["x.\"]"].module.b"#,
                mode: "data",
                ty: "aws_x",
                name: "y",
                key: InstanceKey::Name("k.[0]".into()),
            })
        );
        let plain = instance("aws_x.y").expect("an address");
        assert_eq!((plain.module, plain.mode, plain.name), ("", "managed", "y"));
        for broken in [
            "",
            "aws_x",
            "module.a",
            "module.a.",
            "aws_x.y[*]",
            "aws_x.y[0].z",
            "module.a[0]aws_x.y",
        ] {
            assert!(instance(broken).is_none(), "{broken}");
        }
    }

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
