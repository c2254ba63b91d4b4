//! Which absolute names a name may stand for.

/// The absolute names that `name` may stand for, in the order of trying, without the dot at their end. A name with a dot at its end
/// stands for itself alone; one with at least `ndots` dots is tried as it is first, any other last (resolv.conf(5)).
pub(super) fn candidates(name: &str, search: &[String], ndots: u8) -> Vec<String> {
    if let Some(absolute) = name.strip_suffix('.') {
        return vec![absolute.to_string()];
    }
    let within = |domain: &String| match domain.trim_end_matches('.') {
        "" => name.to_string(),
        domain => format!("{name}.{domain}"),
    };
    let mut names: Vec<String> = search.iter().map(within).collect();
    let dots = name.bytes().filter(|byte| *byte == b'.').count();
    let place = if dots >= usize::from(ndots) { 0 } else { names.len() };
    names.insert(place, name.to_string());
    let mut seen = Vec::new();
    names.retain(|name| {
        let new = !seen.contains(name);
        seen.push(name.clone());
        new
    });
    names
}

#[cfg(test)]
mod tests;
