//! What the front page tells of the places: through which of them it came, and where names and redirects lead its visitor, and why.

use super::page::escaped;
use super::places::{PLACES, Place, REDIRECTOR, STEERED, ZONE};
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use wire::http::RequestHead;
use wire::network::Network;

/// The field by which a place tells the application servers that a request came through it. Nobody else's is let through.
pub(super) const THROUGH: &str = "X-Pop";

/// Where the places and their name server are.
#[derive(Clone, Copy, Debug)]
pub struct Around {
    /// The name server of the zone.
    pub(super) names: SocketAddr,
    /// The port at which all places listen.
    pub(super) port: u16,
    /// Where the redirector listens.
    pub(super) redirector: SocketAddr,
}

/// The place that a request came through.
pub(super) fn through(request: &RequestHead) -> Option<&'static Place> {
    let field = request.fields.iter().find(|field| field.name.eq_ignore_ascii_case(THROUGH.as_bytes()))?;
    PLACES.iter().find(|place| place.name.as_bytes() == field.value)
}

/// Where the tables lead an address, and why: the demonstration's tables have these three networks, and no others.
fn led(client: Option<&str>) -> (&'static Place, String) {
    let address: Option<IpAddr> = client.and_then(|client| client.rsplit(',').next()?.trim().parse().ok());
    let own = address.and_then(|address| PLACES.iter().find(|place| network(place).contains(address.to_canonical())));
    match own {
        Some(place) => (place, format!("its router has the shortest way to {}, where you are", place.clients)),
        None => (&PLACES[0], "no router has a way to your address, and the first place has whoever is in no table".to_string()),
    }
}

fn network(place: &Place) -> Network {
    Network::parse(place.clients).expect("a network of ours")
}

/// The section of the front page.
pub(super) fn section(around: &Around, through: Option<&Place>, client: Option<&str>) -> String {
    let (place, why) = led(client);
    let by = match through {
        Some(by) if by.name == place.name => format!("This page came through <b>{}</b>, which is your nearest place: {why}.", by.name),
        Some(by) => format!(
            "This page came through <b>{}</b>, because you asked there. Names and redirects would lead you to <b>{}</b>: \
             {why}.",
            by.name, place.name
        ),
        None => format!(
            "This page came past all of them, because you asked the balancer by its address. Names and redirects would lead you to \
             <b>{}</b>: {why}.",
            place.name
        ),
    };
    let mut rows = String::new();
    for place in &PLACES {
        let (here, mark) = if through.is_some_and(|by| by.name == place.name) { (" class=\"here\"", "this page") } else { ("", "") };
        let at = SocketAddr::new(place.address.into(), around.port);
        writeln!(
            rows,
            "<tr{here}><th scope=\"row\"><a href=\"http://{at}/\">{}</a></th><td>{at}</td><td>{}</td><td>{mark}</td></tr>",
            place.name, place.clients
        )
        .expect("a String takes everything");
    }
    let (ip, port, lyon) = (around.names.ip(), around.names.port(), &PLACES[1]);
    let redirector = around.redirector;
    let client = PLACES[2].clients.replace(".0/24", ".7");
    let commands = format!(
        "dig @{ip} -p {port} {STEERED}.{ZONE} +short +subnet={}\n\
         dig @{ip} -p {port} _why.{STEERED}.{ZONE} TXT +short +subnet={}\n\
         curl -sI -H 'Host: {REDIRECTOR}.{ZONE}' -H 'X-Forwarded-For: {client}' http://{redirector}/",
        lyon.clients, lyon.clients
    );
    format!(
        "<section id=\"places\">\n<h2>The nearest cache</h2>\n\
         <p>Three caches stand in front of the same two servers. One name, <code>{STEERED}.{ZONE}</code>, leads each client to the one \
         that is nearest by the routing tables. {by}</p>\n\
         <div class=\"scroll\"><table class=\"places\">\n<thead><tr><th scope=\"col\">Place</th><th scope=\"col\">Listens at</th>\
         <th scope=\"col\">Nearest for</th><th scope=\"col\"><span class=\"soft\">Came through</span></th></tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table></div>\n\
         <p class=\"ask\">Be somebody else: ask for the name as a client of {}, ask why, and be sent on as a client of {}.</p>\n\
         <pre tabindex=\"0\"><code>{}</code></pre>\n</section>\n",
        lyon.name,
        PLACES[2].name,
        escaped(&commands)
    )
}
