//! What `.git` says, read as files: git itself is never run, and nothing of a repository's settings either.
//!
//! Lives here: the commit that is checked out, and what it has of each file, as far as the index tells. What
//! is not plainly there (other hashes, a split index, objects elsewhere) is not told.

use super::hex;
use flate2::read::ZlibDecoder;
use rustc_hash::FxHashMap;
use sha1::{Digest, Sha1};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

/// A file of `.git` that is read as a whole has at most this size.
const LARGEST: u64 = 256 << 20;
/// References that lead to each other.
const DEPTH: usize = 5;

/// A work tree with its `.git`.
#[derive(Debug)]
pub struct Repository {
    tree: PathBuf,
    /// That of this work tree: HEAD, index.
    own: PathBuf,
    /// That of all work trees: references, objects.
    common: PathBuf,
}

impl Repository {
    /// The work tree that a directory is. What lies around a boundary is not looked at.
    pub fn at(tree: &Path) -> Option<Repository> {
        let dot = tree.join(".git");
        if !dot.exists() {
            return None;
        }
        let own = if dot.is_dir() {
            dot
        } else {
            // A linked work tree, a submodule: where it is stands in the file.
            let text = text(&dot)?;
            tree.join(text.strip_prefix("gitdir:")?.trim())
        };
        let common = match text(&own.join("commondir")) {
            Some(at) => own.join(at.trim()),
            None => own.clone(),
        };
        Some(Repository {
            tree: tree.to_path_buf(),
            own,
            common,
        })
    }

    /// The directory that paths of the index start from.
    pub fn work_tree(&self) -> &Path {
        &self.tree
    }

    /// The commit that is checked out.
    pub fn commit(&self) -> Option<String> {
        let mut said = text(&self.own.join("HEAD"))?;
        for _ in 0..DEPTH {
            let Some(name) = said.trim().strip_prefix("ref:") else {
                let hash = said.trim();
                return is_hash(hash).then(|| hash.to_owned());
            };
            said = self.reference(name.trim())?;
        }
        None
    }

    /// The branch that is checked out.
    pub fn branch(&self) -> Option<String> {
        let head = text(&self.own.join("HEAD"))?;
        let name = head.trim().strip_prefix("ref:")?.trim();
        Some(name.strip_prefix("refs/heads/").unwrap_or(name).to_owned())
    }

    fn reference(&self, name: &str) -> Option<String> {
        // A name must not lead out of `.git`.
        if !name.starts_with("refs/") || name.split('/').any(|part| part == "..") {
            return None;
        }
        [&self.own, &self.common]
            .into_iter()
            .find_map(|dir| text(&dir.join(name)))
            .or_else(|| {
                let packed = text(&self.common.join("packed-refs"))?;
                packed.lines().find_map(|line| {
                    let (hash, of) = line.split_once(' ')?;
                    (of.trim() == name).then(|| hash.to_owned())
                })
            })
    }

    /// What the commit has: the blob of each path. `None` where the index does not stand for the commit, or
    /// that cannot be told.
    pub fn committed(&self) -> Option<FxHashMap<String, String>> {
        let commit = self.commit()?;
        if commit.len() != 40 {
            return None;
        }
        let index = Index::read(&bytes(&self.own.join("index"))?)?;
        let object = self.object(&commit)?;
        let object = String::from_utf8_lossy(&object).into_owned();
        let tree = object.lines().next()?.strip_prefix("tree ")?.to_owned();
        (index.tree? == tree).then_some(index.blobs)
    }

    /// The content of a commit.
    fn object(&self, hash: &str) -> Option<Vec<u8>> {
        let loose = self
            .common
            .join("objects")
            .join(&hash[..2])
            .join(&hash[2..]);
        if let Ok(file) = std::fs::File::open(loose) {
            let content = inflated(file)?;
            let start = content.iter().position(|&b| b == 0)? + 1;
            return content[..start]
                .starts_with(b"commit ")
                .then(|| content[start..].to_vec());
        }
        let packs = std::fs::read_dir(self.common.join("objects").join("pack")).ok()?;
        packs
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|e| e == "idx"))
            .find_map(|idx| packed(&idx, hash))
    }
}

/// A commit in a pack; one that is kept as a difference to another is left alone.
fn packed(idx: &Path, hash: &str) -> Option<Vec<u8>> {
    let index = bytes(idx)?;
    if index.get(..8)? != [0xff, b't', b'O', b'c', 0, 0, 0, 2] {
        return None;
    }
    let wanted = unhex(hash)?;
    let number = |at: usize| -> Option<usize> {
        let four: [u8; 4] = index.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(four) as usize)
    };
    let fan = |byte: usize| number(8 + 4 * byte);
    let first = usize::from(wanted[0]);
    let (start, end, all) = (
        if first == 0 { 0 } else { fan(first - 1)? },
        fan(first)?,
        fan(255)?,
    );
    let names = 8 + 1024;
    let at =
        (start..end).find(|i| index.get(names + 20 * i..names + 20 * i + 20) == Some(&wanted))?;
    let offset = number(names + 20 * all + 4 * all + 4 * at)?;
    if offset & 0x8000_0000 != 0 {
        return None;
    }
    let mut pack = std::fs::File::open(idx.with_extension("pack")).ok()?;
    pack.seek(SeekFrom::Start(offset as u64)).ok()?;
    let mut byte = [0u8];
    pack.read_exact(&mut byte).ok()?;
    let kind = (byte[0] >> 4) & 7;
    while byte[0] & 0x80 != 0 {
        pack.read_exact(&mut byte).ok()?;
    }
    const COMMIT: u8 = 1;
    (kind == COMMIT).then(|| inflated(pack)).flatten()
}

fn inflated(file: std::fs::File) -> Option<Vec<u8>> {
    /// Nobody writes so much into a commit.
    const MOST: u64 = 16 << 20;
    let mut out = Vec::new();
    let reader = std::io::BufReader::new(file);
    ZlibDecoder::new(reader)
        .take(MOST)
        .read_to_end(&mut out)
        .ok()?;
    Some(out)
}

/// What the index says.
#[derive(Default)]
struct Index {
    blobs: FxHashMap<String, String>,
    /// The tree that all of it makes, where nothing was staged since it was written.
    tree: Option<String>,
}

impl Index {
    fn read(bytes: &[u8]) -> Option<Index> {
        const HASH: usize = 20;
        let number = |at: usize| -> Option<u32> {
            let four: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
            Some(u32::from_be_bytes(four))
        };
        if bytes.get(..4)? != b"DIRC" {
            return None;
        }
        let (version, count) = (number(4)?, number(8)?);
        if !(2..=4).contains(&version) {
            return None;
        }
        let mut out = Index::default();
        let mut at = 12;
        let mut name: Vec<u8> = Vec::new();
        for _ in 0..count {
            let start = at;
            let blob = hex(bytes.get(at + 40..at + 40 + HASH)?);
            let flags = u16::from_be_bytes(bytes.get(at + 60..at + 62)?.try_into().ok()?);
            at += 62;
            if version > 2 && flags & 0x4000 != 0 {
                at += 2;
            }
            if version == 4 {
                // The name is what it has more than the one before.
                let mut cut = 0usize;
                loop {
                    let byte = *bytes.get(at)?;
                    at += 1;
                    cut = cut.wrapping_shl(7) | usize::from(byte & 0x7f);
                    if byte & 0x80 == 0 {
                        break;
                    }
                    cut = cut.wrapping_add(1);
                }
                name.truncate(name.len().checked_sub(cut)?);
            } else {
                name.clear();
            }
            let end = at + bytes.get(at..)?.iter().position(|&b| b == 0)?;
            name.extend_from_slice(&bytes[at..end]);
            at = if version == 4 {
                end + 1
            } else {
                start + (end - start) / 8 * 8 + 8
            };
            // Of a merge that is not done there are several.
            if flags & 0x3000 != 0 {
                return None;
            }
            out.blobs
                .insert(String::from_utf8_lossy(&name).into_owned(), blob);
        }
        while at + 8 + HASH <= bytes.len() {
            let (kind, size) = (bytes.get(at..at + 4)?, number(at + 4)? as usize);
            let body = bytes.get(at + 8..at + 8 + size)?;
            match kind {
                b"TREE" => out.tree = whole_tree(body),
                // Most of the index stands in another file; directories stand for what is in them.
                b"link" | b"sdir" => return None,
                _ => {}
            }
            at += 8 + size;
        }
        Some(out)
    }
}

/// The hash of the outermost tree, where it holds.
fn whole_tree(body: &[u8]) -> Option<String> {
    let rest = body.strip_prefix(&[0])?;
    let line = rest.iter().position(|&b| b == b'\n')?;
    let counts = std::str::from_utf8(&rest[..line]).ok()?;
    let entries: i64 = counts.split(' ').next()?.parse().ok()?;
    (entries >= 0).then(|| hex(rest.get(line + 1..line + 21).unwrap_or_default()))
}

/// What git may call a file's content: as it is, and with the line ends that git keeps for it.
pub fn blobs(content: &[u8]) -> Vec<String> {
    let blob = |content: &[u8]| {
        let mut hash = Sha1::new();
        hash.update(format!("blob {}\0", content.len()));
        hash.update(content);
        hex(&hash.finalize())
    };
    let mut out = vec![blob(content)];
    if memchr::memmem::find(content, b"\r\n").is_some() {
        let mut kept = Vec::with_capacity(content.len());
        for (i, &b) in content.iter().enumerate() {
            if !(b == b'\r' && content.get(i + 1) == Some(&b'\n')) {
                kept.push(b);
            }
        }
        out.push(blob(&kept));
    }
    out
}

fn is_hash(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.chars().all(|c| c.is_ascii_hexdigit())
}

fn unhex(text: &str) -> Option<[u8; 20]> {
    let mut out = [0; 20];
    for (i, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    Some(out)
}

fn bytes(path: &Path) -> Option<Vec<u8>> {
    let file = std::fs::File::open(path).ok()?;
    let size = file
        .metadata()
        .ok()
        .filter(std::fs::Metadata::is_file)?
        .len();
    if size > LARGEST {
        return None;
    }
    let mut out = Vec::new();
    file.take(LARGEST).read_to_end(&mut out).ok()?;
    Some(out)
}

fn text(path: &Path) -> Option<String> {
    String::from_utf8(bytes(path)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_is_called_as_git_calls_it() {
        // `printf 'hello\n' | git hash-object --stdin`
        let hello = "ce013625030ba8dba906f756967f9e9ca394464a";
        assert_eq!(blobs(b"hello\n"), [hello]);
        assert!(blobs(b"hello\r\n").contains(&hello.to_owned()));
    }

    #[test]
    fn what_is_no_index_is_none() {
        assert!(Index::read(b"").is_none());
        assert!(Index::read(b"DIRC\0\0\0\x02\0\0\xff\xff").is_none());
        assert!(Index::read(b"DIRC\0\0\0\x09\0\0\0\0").is_none());
        let empty = Index::read(b"DIRC\0\0\0\x02\0\0\0\0aaaaaaaaaaaaaaaaaaaa");
        assert!(empty.is_some_and(|i| i.blobs.is_empty() && i.tree.is_none()));
    }

    #[test]
    fn references_are_found_loose_and_packed_and_in_linked_work_trees() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let git = dir.path().join(".git");
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().expect("it has one")).expect("made");
            std::fs::write(path, text).expect("written");
        };
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        write(".git/HEAD", "ref: refs/heads/main\n");
        let commit = |at: &str| Repository::at(&dir.path().join(at)).and_then(|r| r.commit());
        assert_eq!(commit("."), None);
        write(
            ".git/packed-refs",
            &format!(
                "# pack-refs with: peeled\n{two} refs/heads/main2\n{one} refs/heads/main\n^{two}\n"
            ),
        );
        assert_eq!(commit("."), Some(one.clone()));
        write(".git/refs/heads/main", &format!("{two}\n"));
        assert_eq!(commit("."), Some(two.clone()));
        write(".git/worktrees/w/HEAD", &one);
        write(".git/worktrees/w/commondir", "../..\n");
        let at = git.join("worktrees/w");
        write("linked/.git", &format!("gitdir: {}\n", at.display()));
        assert_eq!(commit("linked"), Some(one.clone()));
        write(".git/worktrees/w/HEAD", "ref: refs/heads/main\n");
        assert_eq!(commit("linked"), Some(two));
        write(".git/HEAD", "ref: refs/../../secret\n");
        assert_eq!(commit("."), None);
        write(".git/HEAD", "not a hash\n");
        assert_eq!(commit("."), None);
    }
}
