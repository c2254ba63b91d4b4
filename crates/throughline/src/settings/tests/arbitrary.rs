//! Whatever the text, reading it ends with an answer.

use super::pages::edge;
use super::*;
use proptest::prelude::*;

/// Pieces that mean something in a config file.
const PIECES: &[&str] = &[
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "\"",
    "'",
    "\"\"\"",
    "=",
    ".",
    ",",
    "\n",
    "\r\n",
    "\0",
    "\t",
    "é",
    "\u{feff}",
    "-1",
    "0",
    "0x10",
    "99999999999999999999",
    "1e9",
    "nan",
    "1979-05-27",
    "true",
    "\"\"",
    "\"0s\"",
    "[pool]",
    "[pool.\"a b\"]",
    "[[site.route]]",
    "[site]",
    "pool = 1\n",
    "pool.app.health = true\n",
    "site = [1]\n",
    "application = \"x\"\n",
    "\"*\"",
    "\"{\"",
    "unix:",
    ":",
    "%",
];

fn read(text: &str) -> Result<(), TestCaseError> {
    match load_on(text, "t.toml", &["demo"], &Paper(|_| false)) {
        Ok(loaded) => prop_assert!(loaded.warnings.iter().all(|mistake| mistake.severity != Severity::Error)),
        Err(mistakes) => {
            prop_assert!(mistakes.iter().any(|mistake| mistake.severity == Severity::Error));
            let lines = text.split('\n').count();
            for mistake in mistakes {
                prop_assert!((1..=lines).contains(&mistake.line) && mistake.column >= 1, "{mistake:?}");
                prop_assert!(text.get(mistake.span.start..).is_some(), "{mistake:?}");
                prop_assert!(mistake.to_string().ends_with('^'));
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in any::<String>()) {
        read(&text)?;
    }

    #[test]
    fn any_pieces(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)) {
        read(&pieces.concat())?;
    }

    #[test]
    fn the_example_with_pieces_put_in_and_taken_out(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0usize..12, prop::sample::select(PIECES)), 1..5),
    ) {
        let mut text: Vec<char> = edge().chars().collect();
        for (at, cut, piece) in edits {
            let at = at.index(text.len());
            let end = (at + cut).min(text.len());
            text.splice(at..end, piece.chars());
        }
        read(&text.into_iter().collect::<String>())?;
    }

    #[test]
    fn the_example_with_a_line_taken_out_or_doubled(at in any::<prop::sample::Index>(), doubled in any::<bool>()) {
        let text = edge();
        let mut lines: Vec<&str> = text.lines().collect();
        let at = at.index(lines.len());
        if doubled {
            lines.insert(at, lines[at]);
        } else {
            lines.remove(at);
        }
        read(&lines.join("\n"))?;
    }
}
