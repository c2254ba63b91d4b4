//! The forward proxy: who may use it, whom it connects to, and what goes through.

use crate::support::http2::{Http2Client, head, settings};
use crate::support::{Log, MS, Rig, SECOND, accepted, at_ms, backend, caching, statuses};
use decide::config::{Action, Backend, Config, Destinations, ForwardProxy, HostPattern};
use lab::peer::{Act, Record, connect, serve};
use lab::{VirtualHost, World};
use wire::http::{Method, TargetForm};
use wire::network::Network;

const SERVER: &str = "93.184.216.34";
const OTHER: &str = "93.184.216.35";

/// A proxy for the client's network, which stores what it may.
fn proxying() -> Config {
    let mut config = caching(1);
    let mut pool = config.pools[0].clone();
    pool.name = "outward".to_string();
    pool.backends = vec![Backend { name: "destinations".to_string(), ..backend("0.0.0.0:0") }];
    pool.retry.attempts = 0;
    pool.destinations = Some(Destinations { most: 2, private: Vec::new() });
    config.pools.push(pool);
    config.sites[0].routes[0].action = Action::Proxy(ForwardProxy {
        pool: 1,
        clients: vec![Network::parse("10.0.0.1").expect("a network")],
        connect_ports: vec![443],
        denied: vec![HostPattern::Wildcard(".denied.example".to_string())],
    });
    config
}

fn outward(config: &mut Config) -> &mut Destinations {
    config.pools[1].destinations.as_mut().expect("it is one")
}

/// A server of the Internet, and its name.
fn server(rig: &Rig<'_>, at: &str, name: &str) -> VirtualHost {
    rig.world.names().set(name, at, 60 * SECOND);
    rig.world.host(name, at)
}

fn web(machine: &VirtualHost, port: u16, body: &'static str) -> Record {
    serve(machine, &machine.at(port), move |_| {
        vec![Act::send(format!("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: {}\r\n\r\n{body}", body.len()))]
    })
}

fn ask(rig: &Rig<'_>, request: &str) -> Record {
    let client = rig.ask(vec![Act::send(request)]);
    rig.over(&client);
    client
}

fn get(uri: &str) -> String {
    let host = uri.trim_start_matches("http://").split('/').next().expect("a host");
    format!("GET {uri} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
}

fn last(log: &Log, name: &str) -> String {
    log.steps(name).last().cloned().unwrap_or_default()
}

#[test]
fn a_plain_request_goes_out_in_its_own_name_and_is_stored() {
    World::twice(1, |world| {
        let rig = Rig::new(world, proxying());
        let origin = web(&server(&rig, SERVER, "www.example"), 80, "page");
        let request = "GET http://www.example/a?b HTTP/1.1\r\nHost: www.example\r\nProxy-Authorization: Basic eA==\r\n\
                       Proxy-Connection: keep-alive\r\nX-Forwarded-For: 1.2.3.4\r\nConnection: close\r\n\r\n";
        let client = ask(&rig, request);
        assert!(client.text().ends_with("\r\n\r\npage") && client.text().contains("Cache-Status: edge; fwd=uri-miss"), "{}", client.text());
        let sent = &origin.requests()[0].1;
        assert!(sent.starts_with("GET /a?b HTTP/1.1\r\nHost: www.example\r\n"), "{sent}");
        assert!(!sent.contains("Proxy-") && !sent.contains("10.0.0.1") && sent.contains("X-Forwarded-For: 1.2.3.4\r\n"), "{sent}");
        let again = ask(&rig, &get("http://WWW.example:80/a?b"));
        assert!(again.text().contains("Cache-Status: edge; hit"), "{}", again.text());
        assert_eq!(origin.requests().len(), 1);
        rig.close();
    });
}

#[test]
fn connections_are_kept_to_the_servers_asked_last() {
    World::twice(2, |world| {
        let rig = Rig::new(world, proxying());
        let servers: Vec<_> = ["a.example", "b.example", "c.example"]
            .iter()
            .zip(["93.184.216.1", "93.184.216.2", "93.184.216.3"])
            .map(|(name, at)| web(&server(&rig, at, name), 80, "x"))
            .collect();
        for (number, host) in ["a", "a", "b", "a", "c", "a", "b"].iter().enumerate() {
            assert_eq!(statuses(&ask(&rig, &get(&format!("http://{host}.example/{number}")))), [200]);
        }
        // `b` was asked least recently when `c` came, so that its connection was closed.
        assert_eq!(servers.iter().map(accepted).collect::<Vec<_>>(), [1, 2, 1]);
        rig.close();
    });
}

#[test]
fn only_those_on_the_list_may_use_it() {
    World::twice(3, |world| {
        let rig = Rig::new(world, proxying());
        let origin = web(&server(&rig, SERVER, "www.example"), 80, "page");
        let stranger = world.host("stranger", "10.0.0.9");
        for request in [get("http://www.example/"), "CONNECT www.example:443 HTTP/1.1\r\nHost: www.example:443\r\n\r\n".to_string()] {
            let client = connect(&stranger, &rig.edge.at(80), vec![Act::send(request)]);
            rig.over(&client);
            assert_eq!(statuses(&client), [403]);
            assert!(client.text().contains("error=http_request_denied"), "{}", client.text());
            assert!(client.text().contains("this client may not use the proxy"), "{}", client.text());
        }
        assert_eq!(origin.requests().len(), 0);
        rig.close();
    });
}

#[test]
fn private_destinations_are_refused_under_whatever_name() {
    World::twice(4, |world| {
        let rig = Rig::new(world, proxying());
        let inside = web(&rig.backends[0], 80, "secret");
        rig.world.names().set("inside.example", "10.0.1.1", SECOND);
        rig.world.names().set("mapped.example", "::ffff:10.0.1.1", SECOND);
        rig.world.names().set("meta.example", "169.254.169.254", SECOND);
        for host in [
            "10.0.1.1",
            "inside.example",
            "INSIDE.example.",
            "mapped.example",
            "meta.example",
            "[::ffff:10.0.1.1]",
            "127.0.0.1:8080",
            "0.0.0.0",
            "[::1]",
        ] {
            let client = ask(&rig, &get(&format!("http://{host}/")));
            assert_eq!(statuses(&client), [403], "{host}: {}", client.text());
            assert!(client.text().contains("error=destination_ip_prohibited"), "{}", client.text());
        }
        for (host, status) in [("10.0.1.1:443", 403), ("inside.example:443", 403), ("nowhere.example:443", 502)] {
            let client = ask(&rig, &format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
            assert_eq!(statuses(&client), [status], "{host}: {}", client.text());
        }
        assert_eq!(inside.requests().len() + accepted(&inside), 0);
        rig.close();
    });
}

#[test]
fn a_network_that_the_owner_allows_is_reached() {
    World::twice(5, |world| {
        let mut config = proxying();
        outward(&mut config).private = vec![Network::parse("10.0.1.0/24").expect("a network")];
        let rig = Rig::new(world, config);
        web(&rig.backends[0], 80, "inside");
        assert!(ask(&rig, &get("http://10.0.1.1/")).text().ends_with("inside"));
        assert_eq!(statuses(&ask(&rig, &get("http://10.0.2.1/"))), [403]);
        rig.close();
    });
}

/// A name server that first tells an address anybody may have, and then one of ours.
#[test]
fn a_name_that_is_bound_anew_leads_nowhere() {
    World::twice(6, |world| {
        let rig = Rig::new(world, proxying());
        let inside = web(&rig.backends[0], 80, "secret");
        let outside = web(&server(&rig, SERVER, "rebind.example"), 80, "bait");
        assert!(ask(&rig, &get("http://rebind.example/1")).text().ends_with("bait"));
        rig.world.names().set("rebind.example", "10.0.1.1", SECOND);
        // The kept connection goes where it went; a new one is judged by what the name means then.
        assert!(ask(&rig, &get("http://rebind.example/2")).text().ends_with("bait"));
        rig.run_until(rig.world.now() + 70 * SECOND);
        assert_eq!(statuses(&ask(&rig, &get("http://rebind.example/3"))), [403]);
        // Of several addresses only those are tried that may be.
        rig.world.names().set("rebind.example", &format!("10.0.1.1 {SERVER}"), SECOND);
        assert!(ask(&rig, &get("http://rebind.example/4")).text().ends_with("bait"));
        // Changed while the question is under way: what arrives is judged, and connected to.
        rig.world.names().delay(500 * MS);
        rig.run_until(rig.world.now() + 70 * SECOND);
        let names = rig.world.names();
        names.set("rebind.example", SERVER, SECOND);
        rig.world.at(rig.world.now() + 100 * MS, move || names.set("rebind.example", "10.0.1.1", SECOND));
        assert_eq!(statuses(&ask(&rig, &get("http://rebind.example/5"))), [403]);
        assert_eq!((accepted(&inside), outside.requests().len()), (0, 3));
        rig.close();
    });
}

#[test]
fn what_could_mean_two_things_is_refused() {
    World::twice(7, |world| {
        let rig = Rig::new(world, proxying());
        let origin = web(&server(&rig, SERVER, "www.example"), 80, "page");
        let other = web(&server(&rig, OTHER, "other.example"), 80, "other");
        for (status, request) in [
            (400, "GET http://www.example/ HTTP/1.1\r\nHost: other.example\r\n\r\n"),
            (400, "GET http://www.example/ HTTP/1.1\r\nHost: www.example\r\nHost: other.example\r\n\r\n"),
            (400, "GET / HTTP/1.1\r\nHost: www.example\r\n\r\n"),
            (400, "GET https://www.example/ HTTP/1.1\r\nHost: www.example\r\n\r\n"),
            (400, "GET http://x@www.example/ HTTP/1.1\r\nHost: www.example\r\n\r\n"),
            (400, "GET http://www.example:80@other.example/ HTTP/1.1\r\nHost: www.example\r\n\r\n"),
            (400, "GET http://2130706433/ HTTP/1.1\r\nHost: 2130706433\r\n\r\n"),
            (403, "GET http://www.example:25/ HTTP/1.1\r\nHost: www.example:25\r\n\r\n"),
            (403, "GET http://x.denied.example/ HTTP/1.1\r\nHost: x.denied.example\r\n\r\n"),
            (403, "CONNECT x.Denied.example:443 HTTP/1.1\r\nHost: x.denied.example:443\r\n\r\n"),
            (403, "CONNECT www.example:25 HTTP/1.1\r\nHost: www.example:25\r\n\r\n"),
            (400, "CONNECT www.example HTTP/1.1\r\nHost: www.example\r\n\r\n"),
            (400, "CONNECT www.example:443 HTTP/1.1\r\nHost: other.example:443\r\n\r\n"),
            (400, "CONNECT www.example:443 HTTP/1.1\r\nHost: www.example:443\r\nContent-Length: 5\r\n\r\nhello"),
            (400, "CONNECT / HTTP/1.1\r\nHost: www.example:443\r\n\r\n"),
        ] {
            let client = ask(&rig, request);
            assert_eq!(statuses(&client), [status], "{request}{}", client.text());
        }
        assert_eq!(origin.requests().len() + other.requests().len(), 0);
        rig.close();
    });
}

fn tunnel(then: Vec<Act>) -> Vec<Act> {
    let request = "CONNECT www.example:443 HTTP/1.1\r\nHost: www.example:443\r\n\r\n";
    [vec![Act::send(request), Act::await_bytes("\r\n\r\n")], then].concat()
}

#[test]
fn a_tunnel_carries_bytes_both_ways() {
    World::twice(8, |world| {
        let rig = Rig::new(world, proxying());
        let machine = server(&rig, SERVER, "www.example");
        let far = serve(&machine, &machine.at(443), |_| vec![Act::send("pong"), Act::AwaitEnd, Act::Close]);
        // To the far end it is whatever the client sends, here something that looks like a request.
        let client = rig.ask(tunnel(vec![Act::send("ping\r\n\r\n"), Act::await_bytes("pong"), Act::Close]));
        rig.run_until(at_ms(5_000));
        assert_eq!(statuses(&client), [200]);
        assert!(!client.text().contains("Content-Length") && client.text().ends_with("\r\n\r\npong"), "{}", client.text());
        assert!(far.text().starts_with("ping\r\n\r\n"), "{}", far.text());
        assert!(last(&rig.log, "tunnel-closed").ends_with(" tunnel-closed 8 4 client"), "{}", last(&rig.log, "tunnel-closed"));
        rig.close();
    });
}

#[test]
fn a_silent_tunnel_ends_and_a_drain_ends_them_all() {
    World::twice(9, |world| {
        let rig = Rig::new(world, proxying());
        let machine = server(&rig, SERVER, "www.example");
        serve(&machine, &machine.at(443), |_| vec![Act::AwaitEnd, Act::Close]);
        let client = rig.ask(tunnel(vec![Act::AwaitEnd, Act::Close]));
        rig.run_until(at_ms(30_000));
        assert_eq!(rig.server.tunnels().open(), 1);
        rig.over(&client);
        assert!(last(&rig.log, "tunnel-closed").ends_with(" 0 0 idle"));
        let client = rig.ask(tunnel(vec![Act::AwaitEnd, Act::Close]));
        rig.run_until(rig.world.now() + SECOND);
        rig.server.drain(rig.edge.host().calendar());
        rig.over(&client);
        assert!(last(&rig.log, "tunnel-closed").ends_with(" 0 0 drain"));
        rig.close();
    });
}

#[test]
fn a_tunnel_on_a_stream_of_http2() {
    World::twice(10, |world| {
        let rig = Rig::new(world, proxying());
        let machine = server(&rig, SERVER, "www.example");
        let far = serve(&machine, &machine.at(443), |_| vec![Act::send("pong"), Act::AwaitEnd, Act::Close]);
        rig.run(async {
            let client = Http2Client::connect(&rig.client, &rig.edge.at(80), settings()).await;
            let mut request = head(Method::Connect, "");
            (request.form, request.authority) = (TargetForm::Authority, b"www.example:443".to_vec());
            let id = client.begin(&request, false);
            assert_eq!(client.head(id).await.expect("an answer").status, 200);
            client.send(id, b"ping\r\n\r\n").await.expect("it is taken");
            assert_eq!(client.piece(id).await.expect("the far end answers"), b"pong");
            client.finish(id, &wire::http::Fields::new());
            assert_eq!(client.piece(id).await.expect("an end in order"), b"");
            // Refused on the same connection.
            let mut request = request.clone();
            request.authority = b"10.0.1.1:443".to_vec();
            let id = client.begin(&request, false);
            assert_eq!(client.head(id).await.expect("an answer").status, 403);
        });
        assert!(far.text().starts_with("ping\r\n\r\n"));
        rig.server.drain(rig.edge.host().calendar());
    });
}

#[test]
fn a_listener_without_a_forward_proxy_makes_no_tunnel() {
    World::twice(11, |world| {
        let rig = Rig::new(world, caching(1));
        rig.serve_all();
        assert_eq!(statuses(&ask(&rig, "CONNECT 10.0.1.1:80 HTTP/1.1\r\nHost: 10.0.1.1:80\r\n\r\n")), [501]);
        rig.close();
    });
}
