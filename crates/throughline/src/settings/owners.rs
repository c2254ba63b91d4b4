//! Owners: an admin side that strangers reach, and tokens that leave somebody out.

use super::mistake::Mistakes;
use super::read::Table;
use super::rules::place;
use decide::address::Address;
use decide::config::Config;

/// What to do about an admin side that strangers reach.
pub(crate) const EXPOSED_HELP: &str =
    "Write tokens under [admin] (`throughline ctl token` makes one), or choose an address of this machine alone";

/// Why nobody may listen there for the admin side: others than this machine's users reach it, and nobody needs a token.
pub(crate) fn exposed(at: &Address, config: &Config) -> Option<String> {
    let open = config.tokens.is_empty() && config.sites.iter().all(|site| site.tokens.is_empty());
    let strangers = is_reached(at);
    (open && strangers).then(|| format!("whoever reaches {at} could read and do everything on the admin side"))
}

/// Whether other machines reach it, as far as the address alone shows.
fn is_reached(at: &Address) -> bool {
    match at {
        Address::Ip(ip) => !ip.ip().to_canonical().is_loopback(),
        Address::Unix(_) => false,
        Address::Name(..) => true,
    }
}

/// Notes what shows only in the whole.
pub(super) fn check(root: &Table, config: &Config, admin: Option<&Address>, mistakes: &mut Mistakes<'_>) {
    let section = root.table("admin");
    let Some(at) = admin else { return };
    if let Some(why) = exposed(at, config) {
        mistakes.error(&place(&section, "at"), why).help(EXPOSED_HELP.to_ascii_lowercase());
    } else if is_reached(at) {
        let message = format!("tokens and contents cross the network to {at} for all to read");
        mistakes.warning(&place(&section, "at"), message).help("keep it on a network of your own, or lead a site with TLS to it");
    }
    let owners = root.tables("site").iter().find(|table| !table.texts("tokens").is_empty());
    if let (true, Some(table)) = (config.tokens.is_empty(), owners) {
        let message = "with tokens of sites alone, nobody may see the status, reload or drain over the admin side";
        mistakes.warning(&place(table, "tokens"), message).help("write tokens under [admin] as well");
    }
}
