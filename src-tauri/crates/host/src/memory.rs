//! Memory that nobody needs any more is given back.

/// Unmaps the pages of our own code. What is needed again is mapped again, from the system's cache of files, at the price of
/// a soft fault; what only the start needed stays unmapped. Does nothing where the system has no such call.
pub fn give_back_code() {
    #[cfg(target_os = "linux")]
    if let Err(error) = linux::give_back_code() {
        tracing::debug!(%error, "code stays mapped");
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io;

    pub(super) fn give_back_code() -> io::Result<()> {
        let program = fs_err::read_link("/proc/self/exe")?;
        let program = program.to_string_lossy();
        let maps = fs_err::read_to_string("/proc/self/maps")?;
        for (start, length) in maps.lines().filter_map(|line| code(line, &program)) {
            drop_pages(start, length)?;
        }
        Ok(())
    }

    /// Where a mapping of the program's code lies, and its length in bytes.
    fn code(line: &str, program: &str) -> Option<(usize, usize)> {
        let mut words = line.split_ascii_whitespace();
        let (range, rights) = (words.next()?, words.next()?);
        // Address, rights, offset, device, inode, path.
        let path = line.splitn(6, ' ').last()?.trim_start();
        if rights != "r-xp" || path != program {
            return None;
        }
        let (start, end) = range.split_once('-')?;
        let address = |text: &str| usize::from_str_radix(text, 16).ok();
        Some((address(start)?, address(end)? - address(start)?))
    }

    #[expect(unsafe_code, reason = "the only way to say it to the kernel")]
    fn drop_pages(start: usize, length: usize) -> io::Result<()> {
        // SAFETY: the range is a mapping of a file, private, readable and executable but never writable, so every page of it
        // is what the file holds; the kernel reads it again from there when it is touched.
        unsafe {
            rustix::mm::madvise(
                std::ptr::with_exposed_provenance_mut(start),
                length,
                rustix::mm::Advice::LinuxDontNeed,
            )
        }?;
        Ok(())
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn only_code_of_the_program_itself_is_meant() {
            let line = "55d0c0a00000-55d0c0a02000 r-xp 00200000 fe:01 1234                       /opt/a b/claudometer";
            assert_eq!(code(line, "/opt/a b/claudometer"), Some((0x55d0_c0a0_0000, 0x2000)));
            for other in [
                line.replace("r-xp", "r--p"),
                line.replace("r-xp", "rwxp"),
                line.replace("/opt/a b/", "/usr/lib/"),
                "7ffd1c5f2000-7ffd1c5f4000 r-xp 00000000 00:00 0                          [vdso]"
                    .into(),
                String::new(),
            ] {
                assert_eq!(code(&other, "/opt/a b/claudometer"), None, "{other}");
            }
        }

        #[test]
        fn the_program_goes_on_as_before() {
            for _ in 0..3 {
                give_back_code().unwrap();
                assert_eq!(std::hint::black_box([3, 1, 2]).iter().sum::<i32>(), 6);
            }
        }
    }
}
