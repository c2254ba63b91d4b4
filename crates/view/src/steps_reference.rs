//! The catalogue of steps as a page of the guide.

use decide::step::Step;
use std::fmt::Write;

/// `docs/guide/steps.md`, which a test keeps equal to the catalogue.
pub fn steps_reference() -> String {
    let mut out = String::from(INTRODUCTION);
    for info in Step::catalogue() {
        let _ = write!(out, "\n## {}\n\n{}\n", info.name, info.doc.trim());
        if !info.fields.is_empty() {
            out.push_str("\n| field | unit | what it says |\n|---|---|---|\n");
        }
        for field in info.fields {
            let _ = writeln!(out, "| `{}` | {} | {} |", field.name, field.unit, field.doc.trim().replace('|', "\\|"));
        }
    }
    out
}

const INTRODUCTION: &str = "\
# Steps

Everything you can see happening is a step. The access log, the metrics, `Server-Timing`, `Proxy-Status` and `ctl` all read the same
steps, under the same names. This page is generated from the catalogue in `crates/decide/src/step.rs`.

In the JSON access log a step is an object: `step` is its name, `t_us` the microseconds since the first byte of the request, and each
field stands under its name. Units: *text* is of any content, as a rule what a client, a backend or an authority sent; *word* is one
of ours; *number* is a count or a status; *bytes* and *seconds* are numbers of those; *flag* is true or false; *list* is an array of
objects, whose fields are named where the list is, and left out where there is nothing to say; *address* is an IP address, or `unix`;
*name* is the name of a listener (its address), a site, a certificate (the path of its chain), a route (`site/route`) or a backend
(`pool/backend`).
";

#[cfg(test)]
mod tests;
