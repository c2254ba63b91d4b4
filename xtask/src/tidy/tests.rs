use super::*;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

mod clippy_fires;

#[test]
fn this_tree_is_tidy() {
    let found = check(crate::root()).expect("the tree can be read");
    let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "\n{}", lines.join("\n"));
}

/// A small tree in which every rule holds, gone at the end of its test.
struct Sample {
    root: PathBuf,
}

static SAMPLES: AtomicUsize = AtomicUsize::new(0);

impl Sample {
    fn new() -> Sample {
        let number = SAMPLES.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("throughline-tidy-{}-{number}", std::process::id()));
        let sample = Sample { root };
        sample.write("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n");
        sample.write("clippy.toml", "too-many-lines-threshold = 70\n");
        sample.krate("wire", "tl-wire", "memchr = \"2\"\n", "#![no_std]\n#![forbid(unsafe_code)]\n");
        sample.krate("decide", "tl-decide", "libm = \"0.2\"\ntl-wire.path = \"../wire\"\n", "#![no_std]\n#![forbid(unsafe_code)]\n");
        sample.krate("host", "tl-host", "tl-decide.path = \"../decide\"\n", "use decide::{address::Address, time};\n");
        sample.krate("node", "tl-node", "tl-host.path = \"../host\"\n", "");
        sample.krate("lab", "tl-lab", "tl-node.path = \"../node\"\n", "");
        sample.krate("view", "tl-view", "serde = \"1\"\ntl-decide.path = \"../decide\"\n", "");
        sample.krate("throughline", "throughline", "tl-view.path = \"../view\"\ntl-lab.path = \"../lab\"\n", "");
        for name in lints::SEALED {
            sample.write(
                &format!("crates/{name}/clippy.toml"),
                "too-many-lines-threshold = 70\ndisallowed-types = [\n    { path = \"std::fs::File\", reason = \"host\" },\n]\n",
            );
        }
        sample
    }

    fn krate(&self, folder: &str, package: &str, dependencies: &str, code: &str) {
        let manifest = format!("[package]\nname = \"{package}\"\nedition = \"2024\"\n\n[dependencies]\n{dependencies}");
        self.write(&format!("crates/{folder}/Cargo.toml"), &manifest);
        self.write(&format!("crates/{folder}/src/lib.rs"), code);
    }

    fn write(&self, path: &str, text: &str) {
        let file = self.root.join(path);
        fs::create_dir_all(file.parent().expect("a file stands in a folder")).expect("the temporary folder can be written");
        fs::write(file, text).expect("the temporary folder can be written");
    }

    fn found(&self) -> Vec<String> {
        check(&self.root).expect("the sample can be read").iter().map(ToString::to_string).collect()
    }

    /// One finding, at this place, that says this.
    #[track_caller]
    fn finds(&self, place: &str, says: &str) {
        let found = self.found();
        assert!(
            matches!(found.as_slice(), [one] if one.starts_with(place) && one.contains(says)),
            "wanted {place} … {says}, got {found:#?}"
        );
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        // A sample that cannot be deleted is the next clean-up's.
        let _ = fs::remove_dir_all(&self.root);
    }
}

#[test]
fn the_sample_is_tidy_until_broken() {
    assert_eq!(Sample::new().found(), Vec::<String>::new());
}

#[test]
fn a_long_file_is_found_and_its_tests_do_not_count() {
    let sample = Sample::new();
    sample.write("crates/node/src/lib.rs", &"\n".repeat(800));
    assert_eq!(sample.found(), Vec::<String>::new());
    let with_tests = format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", "\n".repeat(790), "\n".repeat(400));
    sample.write("crates/node/src/lib.rs", &with_tests);
    assert_eq!(sample.found(), Vec::<String>::new());
    sample.write("crates/node/src/lib.rs", &"\n".repeat(801));
    sample.finds("crates/node/src/lib.rs:801:", "801 lines without tests");
}

#[test]
fn a_wide_line_is_found() {
    let sample = Sample::new();
    sample.write("crates/node/src/lib.rs", &format!("\n//{}\n", "é".repeat(138)));
    assert_eq!(sample.found(), Vec::<String>::new());
    sample.write("crates/node/src/lib.rs", &format!("\n//{}\n", "é".repeat(139)));
    sample.finds("crates/node/src/lib.rs:2:", "141 characters wide");
    sample.write("crates/node/src/lib.rs", "");
    sample.write("a.md", &format!("| {} |\n", "x ".repeat(100)));
    assert_eq!(sample.found(), Vec::<String>::new());
    sample.write("a.md", &format!("{}x\n", "x ".repeat(100)));
    sample.finds("a.md:1:", "201 characters wide");
}

#[test]
fn a_blank_at_the_end_is_found() {
    let sample = Sample::new();
    sample.write("crates/node/src/lib.rs", "// a\n// b \n");
    sample.finds("crates/node/src/lib.rs:2:", "blank at the end");
}

#[test]
fn marks_of_unfinished_work_are_found() {
    for mark in [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")] {
        let sample = Sample::new();
        sample.write("crates/node/src/lib.rs", &format!("\n// {mark}: later\n// {mark}S of others are a word of its own\n"));
        sample.finds("crates/node/src/lib.rs:2:", "unfinished work");
    }
    for name in [concat!("to", "do!"), concat!("unimple", "mented!"), concat!("d", "bg!")] {
        let sample = Sample::new();
        sample.write("crates/node/src/lib.rs", &format!("// {name}()\npub const A: &str = \"{name}()\";\npub fn a() {{ {name}(1) }}\n"));
        sample.finds("crates/node/src/lib.rs:3:", "not for a tree that works");
    }
}

#[test]
fn names_of_machines_and_package_hosts_are_found() {
    let hosts = [concat!("see /wo", "rk/x"), concat!("at (/fa", "rm/x)"), concat!("a/.lib", "rary"), concat!("https://py", "pi.org")];
    for line in hosts {
        let sample = Sample::new();
        sample.write("notes.txt", &format!("\n{line}\n"));
        sample.finds("notes.txt:2:", "means nothing elsewhere");
    }
    let sample = Sample::new();
    sample.write("notes.txt", concat!("the path of/wo", "rk/ is ours\n"));
    assert_eq!(sample.found(), Vec::<String>::new());
}

#[test]
fn what_git_and_cargo_keep_is_not_read() {
    let sample = Sample::new();
    sample.write(".git", concat!("gitdir: /wo", "rk/x\n"));
    sample.write("target/a.rs", "// \n ");
    sample.write("crates/node/target-b/a.rs", "// \n ");
    assert_eq!(sample.found(), Vec::<String>::new());
}

#[test]
fn an_empty_name_is_found() {
    let sample = Sample::new();
    sample.write("crates/node/src/lib.rs", "mod string_utils;\n");
    sample.write("crates/node/src/string_utils.rs", "");
    sample.finds("crates/node/src/string_utils.rs:1:", "`utils` in a name");
    let sample = Sample::new();
    sample.write("crates/node/src/lib.rs", "\nmod helper {}\n// mod helper {}\nmod utilitarian {}\n");
    sample.finds("crates/node/src/lib.rs:2:", "`helper` in a name");
}

#[test]
fn a_file_that_no_mod_reaches_is_found() {
    let sample = Sample::new();
    sample.write("crates/node/src/lib.rs", "mod a;\nmod b { pub(crate) mod c; }\n#[path = \"odd/e.rs\"]\nmod d;\n// mod lost;\n");
    for path in ["a/mod.rs", "b/c.rs", "odd/e.rs", "../tests/all.rs", "../build.rs"] {
        sample.write(&format!("crates/node/src/{path}"), "");
    }
    sample.write("crates/node/src/a/mod.rs", "mod below;\nconst _: &str = include!(\"text.rs\");\n");
    sample.write("crates/node/src/a/text.rs", "\"x\"");
    sample.write("crates/node/src/a/below.rs", "#[cfg(test)]\nmod tests;\n");
    sample.write("crates/node/src/a/below/tests.rs", "");
    assert_eq!(sample.found(), Vec::<String>::new());
    sample.write("crates/node/src/lost.rs", "");
    sample.finds("crates/node/src/lost.rs:1:", "no `mod` leads here");
}

#[test]
fn a_dependency_that_a_pure_crate_may_not_have_is_found() {
    let sample = Sample::new();
    sample.krate("wire", "tl-wire", "memchr = \"2\"\nrand = \"0.9\"\n", "#![no_std]\n#![forbid(unsafe_code)]\n");
    sample.finds("crates/wire/Cargo.toml:7:", "tl-wire is pure and names rand");
    sample.krate("wire", "tl-wire", "\n[dev-dependencies]\nrand = \"0.9\"\n", "#![no_std]\n#![forbid(unsafe_code)]\n");
    assert_eq!(sample.found(), Vec::<String>::new());
    sample.krate("wire", "tl-wire", "\n[target.'cfg(unix)'.dependencies]\nlibc = \"0.2\"\n", "#![no_std]\n#![forbid(unsafe_code)]\n");
    sample.finds("crates/wire/Cargo.toml:8:", "names libc");
}

#[test]
fn an_arrow_against_the_map_is_found() {
    let sample = Sample::new();
    sample.krate("view", "tl-view", "tl-host.path = \"../host\"\n", "");
    sample.finds("crates/view/Cargo.toml:6:", "tl-view names tl-host, against the arrows");
    let sample = Sample::new();
    sample.krate("node", "tl-node", "\n[dev-dependencies]\ntl-view.path = \"../view\"\n", "");
    sample.finds("crates/node/Cargo.toml:8:", "tl-node names tl-view, against the arrows");
}

#[test]
fn a_crate_off_the_map_or_gone_from_it_is_found() {
    let sample = Sample::new();
    sample.krate("extra", "tl-extra", "", "");
    sample.finds("crates/extra/Cargo.toml:1:", "has no place on the map");
    let sample = Sample::new();
    fs::remove_dir_all(sample.root.join("crates/throughline")).expect("the sample has it");
    sample.finds("crates/throughline/Cargo.toml:1:", "not in the tree");
}

#[test]
fn a_pure_crate_that_lets_std_in_is_found() {
    for (code, says) in [
        ("#![forbid(unsafe_code)]\n", "no `#![no_std]`"),
        ("#![cfg_attr(not(test), no_std)]\n#![forbid(unsafe_code)]\n", "no `#![no_std]`"),
        ("// #![forbid(unsafe_code)]\n#![no_std]\n", "no `#![forbid(unsafe_code)]`"),
        ("#![no_std]\n#![forbid(unsafe_code)]\nextern crate std;\n", "brings `std`"),
    ] {
        let sample = Sample::new();
        sample.write("crates/decide/src/lib.rs", code);
        sample.finds("crates/decide/src/lib.rs:", says);
    }
    let sample = Sample::new();
    sample.write("crates/decide/src/lib.rs", "#![no_std]\n#![forbid(unsafe_code)]\n#[cfg(test)]\nextern crate std;\n");
    assert_eq!(sample.found(), Vec::<String>::new());
}

#[test]
fn a_hash_map_without_a_reason_is_found() {
    let sample = Sample::new();
    sample.write("crates/lab/src/lib.rs", "// HashMap\nuse std::collections::HashMap; // never iterated: keys are looked up\n");
    assert_eq!(sample.found(), Vec::<String>::new());
    sample.write("crates/lab/src/lib.rs", "\nuse std::collections::{BTreeMap, HashSet};\n");
    sample.finds("crates/lab/src/lib.rs:2:", "`HashSet`: its order differs");
}

#[test]
fn host_may_name_the_arguments_of_decide_only() {
    for (code, says) in [
        ("\nuse decide::step::Step;\n", "decide::step"),
        ("\nuse decide::{time::{Duration, Instant}, config};\n", "decide::config"),
        ("\nuse decide::*;\n", "decide::*"),
        ("\nuse decide as d;\n", "names all of `decide`"),
    ] {
        let sample = Sample::new();
        sample.write("crates/host/src/lib.rs", code);
        sample.finds("crates/host/src/lib.rs:2:", says);
    }
}

#[test]
fn a_source_other_than_crates_io_is_found() {
    let sample = Sample::new();
    let lock = "[[package]]\nname = \"a\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
    sample.write("Cargo.lock", &format!("{lock}\n[[package]]\nname = \"b\"\nsource = \"git+https://example.com/b\"\n"));
    sample.finds("Cargo.lock:7:", "is not crates.io");
}

#[test]
fn a_sealed_crate_without_its_list_is_found() {
    let sample = Sample::new();
    fs::remove_file(sample.root.join("crates/lab/clippy.toml")).expect("the sample has it");
    sample.finds("crates/lab/clippy.toml:1:", "is not there");
    let sample = Sample::new();
    sample.write("crates/view/clippy.toml", "too-many-lines-threshold = 70\n");
    sample.finds("crates/view/clippy.toml:1:", "lacks `std::fs::File`");
    let sample = Sample::new();
    sample.write("crates/view/clippy.toml", "disallowed-types = [\n{ path = \"std::fs::File\" },\n]\n");
    sample.finds("crates/view/clippy.toml:1:", "lacks `too-many-lines-threshold = 70`");
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let sample = Sample::new();
    sample.write(
        "docs/why/seam.md",
        "[up](../../README.md#map) [out](https://example.com/) [here](#x) `[no](code)`\n```\n[no](block)\n```\n",
    );
    sample.write("README.md", "\n[why](docs/why/) [the seam](docs/why/seam.md)\n");
    sample.write("crates/node/src/lib.rs", "//! See docs/why/seam.md.\n");
    assert_eq!(sample.found(), Vec::<String>::new());
    sample.write("README.md", "\n[why](docs/why/gone.md)\n");
    sample.finds("README.md:2:", "docs/why/gone.md leads nowhere");
    sample.write("README.md", "");
    sample.write("crates/node/src/lib.rs", concat!("\n//! See docs/why/", "gone.md.\n"));
    sample.finds("crates/node/src/lib.rs:2:", "is not there");
}

#[test]
fn code_is_told_from_comments_and_literals() {
    let text = r####"a("x // y", 'x', '\'', '"', b'"', r#"q"u"#, br##"#"##, 'life, "\"") /* n /* n */ n */ b // c
d '\u{1f600}' 'é' e"####;
    let code = source::code_only(text);
    assert_eq!(code.len(), text.len());
    let words: Vec<&str> = code.split_whitespace().collect();
    assert_eq!(words, ["a(", ",", ",", ",", ",", ",", ",", ",", "'life,", ")", "b", "d", "e"]);
}
