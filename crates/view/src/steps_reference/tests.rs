use super::*;

/// `UPDATE=1 cargo test -p tl-view` rewrites the page.
#[test]
#[expect(clippy::disallowed_methods, reason = "the page is a file of this repository")]
fn the_page_of_the_guide_is_the_catalogue() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guide/steps.md");
    let page = steps_reference();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &page).expect("the guide can be written");
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == page, "docs/guide/steps.md is not what the catalogue says: run `UPDATE=1 cargo test -p tl-view`");
}

#[test]
fn every_step_and_field_is_there() {
    let page = steps_reference();
    for info in Step::catalogue() {
        let section = page.split("\n## ").find(|section| section.starts_with(&format!("{}\n", info.name))).expect("a section");
        assert!(section.contains(info.doc.trim()));
        assert_eq!(section.matches("\n| `").count(), info.fields.len(), "{}", info.name);
    }
}
