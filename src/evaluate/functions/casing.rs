//! Upper, lower and title case as Go has them: one character to one character.
//!
//! Unicode's full mappings (ß to SS, final sigma) are not what Terraform does.

/// The upper case of a character.
pub(super) fn upper(c: char) -> char {
    let mut mapped = c.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        // What the full mapping makes several characters of has these simple mappings, or none.
        _ => match u32::from(c) {
            0x1f80..=0x1f87 | 0x1f90..=0x1f97 | 0x1fa0..=0x1fa7 => shifted(c, 8),
            0x1fb3 | 0x1fc3 | 0x1ff3 => shifted(c, 9),
            _ => c,
        },
    }
}

/// The lower case of a character.
pub(super) fn lower(c: char) -> char {
    let mut mapped = c.to_lowercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ if c == 'İ' => 'i',
        _ => c,
    }
}

/// The title case of a character.
pub(super) fn title(c: char) -> char {
    match c {
        'Ǆ'..='ǆ' => 'ǅ',
        'Ǉ'..='ǉ' => 'ǈ',
        'Ǌ'..='ǌ' => 'ǋ',
        'Ǳ'..='ǳ' => 'ǲ',
        // Georgian has capitals, but does not begin words with them.
        '\u{10d0}'..='\u{10fa}' | '\u{10fd}'..='\u{10ff}' => c,
        _ => upper(c),
    }
}

fn shifted(c: char, by: u32) -> char {
    char::from_u32(u32::from(c) + by).unwrap_or(c)
}

/// Every word's first character in title case, where `before` is what stands before the text.
pub(super) fn title_words(text: &str, before: char) -> String {
    let mut before = before;
    text.chars()
        .map(|c| {
            let out = if separates(before) { title(c) } else { c };
            before = c;
            out
        })
        .collect()
}

/// Whether a word begins after this character.
fn separates(c: char) -> bool {
    if c.is_ascii() {
        !c.is_ascii_alphanumeric() && c != '_'
    } else {
        c.is_whitespace()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_mappings_only() {
        let text = "straße ﬁ ı é ᾳ ᾀ";
        assert_eq!(
            text.chars().map(upper).collect::<String>(),
            "STRAßE ﬁ I É ᾼ ᾈ"
        );
        assert_eq!("İΣΑΣ".chars().map(lower).collect::<String>(), "iσασ");
        assert_eq!(
            title_words("o'neil ǆ-x foo_bar 1st 日本 go", ' '),
            "O'Neil ǅ-X Foo_bar 1st 日本 Go"
        );
    }
}
