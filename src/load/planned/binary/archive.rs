//! The zip around a binary plan: entries by name, each inflated when asked for, within bounds.

use rawzip::{CompressionMethod, ZipArchive, ZipArchiveEntryWayfinder, ZipSliceArchive};
use rustc_hash::FxHashMap;
use std::io::Read;

/// More entries have no plan.
const MAX_ENTRIES: usize = 100_000;
/// All entries together are not inflated to more: a small zip can hold petabytes of zeros.
const MAX_TOTAL: u64 = 1 << 30;

/// Why an entry is not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Trouble {
    /// It is not what a zip holds there: cut, changed, encrypted.
    Damaged,
    /// It is too large.
    TooLarge,
}

/// A zip.
pub(super) struct Archive<'z> {
    zip: ZipSliceArchive<&'z [u8]>,
    entries: FxHashMap<String, (ZipArchiveEntryWayfinder, CompressionMethod)>,
    /// So much may still be inflated.
    left: u64,
}

impl<'z> Archive<'z> {
    /// Reads the directory of a zip.
    pub(super) fn open(bytes: &'z [u8]) -> Result<Archive<'z>, Trouble> {
        let zip = ZipArchive::from_slice(bytes).map_err(|_| Trouble::Damaged)?;
        let mut entries = FxHashMap::default();
        let mut list = zip.entries();
        let mut count = 0;
        while let Some(entry) = list.next_entry().map_err(|_| Trouble::Damaged)? {
            count += 1;
            if count > MAX_ENTRIES {
                return Err(Trouble::TooLarge);
            }
            let Ok(name) = std::str::from_utf8(entry.file_path().as_bytes()) else {
                continue;
            };
            // Of two with one name the first counts, as for terraform.
            entries
                .entry(name.to_owned())
                .or_insert((entry.wayfinder(), entry.compression_method()));
        }
        Ok(Archive {
            zip,
            entries,
            left: MAX_TOTAL,
        })
    }

    /// The names, sorted.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.entries.keys().cloned().collect();
        names.sort_unstable();
        names
    }

    /// The content of an entry; `None` where there is none of this name.
    pub(super) fn read(&mut self, name: &str, max: u64) -> Option<Result<Vec<u8>, Trouble>> {
        let &(way, method) = self.entries.get(name)?;
        let max = max.min(self.left);
        let read = self.inflated(way, method, max);
        if let Ok(bytes) = &read {
            self.left -= bytes.len() as u64;
        }
        Some(read)
    }

    fn inflated(
        &self,
        way: ZipArchiveEntryWayfinder,
        method: CompressionMethod,
        max: u64,
    ) -> Result<Vec<u8>, Trouble> {
        let entry = self.zip.get_entry(way).map_err(|_| Trouble::Damaged)?;
        let mut out = Vec::new();
        let data = entry.data();
        // What the zip says of sizes is checked at the end and trusted before for nothing.
        let reader: Box<dyn Read + '_> = if method == CompressionMethod::STORE {
            Box::new(data)
        } else if method == CompressionMethod::DEFLATE {
            Box::new(flate2::bufread::DeflateDecoder::new(data))
        } else {
            return Err(Trouble::Damaged);
        };
        let read = entry
            .verifying_reader(reader)
            .take(max + 1)
            .read_to_end(&mut out);
        if out.len() as u64 > max {
            return Err(Trouble::TooLarge);
        }
        read.map_err(|_| Trouble::Damaged)?;
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut archive = rawzip::ZipArchiveWriter::new(&mut out);
        for (name, content) in entries {
            let (mut entry, config) = archive
                .new_file(name)
                .compression_method(CompressionMethod::DEFLATE)
                .start()
                .expect("an entry");
            let encoder =
                flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::default());
            let mut writer = config.wrap(encoder);
            writer.write_all(content).expect("written");
            let (encoder, descriptor) = writer.finish().expect("whole");
            encoder.finish().expect("whole");
            entry.finish(descriptor).expect("whole");
        }
        archive.finish().expect("whole");
        out
    }

    #[test]
    fn what_is_too_large_is_not_inflated_further() {
        let zeros = vec![0u8; 1 << 20];
        let bytes = zip(&[("a", &zeros), ("b", b"text")]);
        assert!(bytes.len() < 8 << 10, "zeros are small");
        let mut archive = Archive::open(&bytes).expect("a zip");
        assert_eq!(archive.read("a", 1000), Some(Err(Trouble::TooLarge)));
        assert_eq!(archive.read("a", 1 << 20), Some(Ok(zeros)));
        assert_eq!(archive.read("b", 4), Some(Ok(b"text".to_vec())));
        assert_eq!(archive.read("c", 4), None);
        archive.left = 3;
        assert_eq!(archive.read("b", 4), Some(Err(Trouble::TooLarge)));
    }

    #[test]
    fn a_changed_byte_is_seen() {
        let mut bytes = zip(&[("a", b"some text of a plan")]);
        let at = bytes.iter().position(|b| *b == b'a').expect("the name") + 5;
        bytes[at] ^= 0x10;
        let read = Archive::open(&bytes).map(|mut a| a.read("a", 100));
        assert!(!matches!(read, Ok(Some(Ok(_)))), "{:?}", read.is_ok());
    }
}
