mod owners;

use super::*;
use crate::settings;
use decide::balance::key;
use decide::step::Step;
use std::task::{Context, Poll, Waker};
use wire::http1::{self, Limits, Parsed};

const CONFIG: &str = r#"
[server]
name = "edge-1"

[[listener]]
at = "127.0.0.1:8080"

[[site]]
name = "main"
hosts = ["*"]

[[site.route]]
path = "/hello"
answer = { status = 200, body = "hello" }

[[site.route]]
pool = "app"

[pool.app]
algorithm = "source-hash"
backends = ["127.0.0.1:3000", { at = "unix:/run/b.sock", name = "b" }]
"#;

/// Runs a test with a server that does not listen, and its admin side.
pub(super) fn with_server(test: impl FnOnce(&Host, &Arc<Server>, &Admin)) {
    with_config(CONFIG, test);
}

fn with_config(text: &str, test: impl FnOnce(&Host, &Arc<Server>, &Admin)) {
    host::os::run(|host| async move {
        let mut config = settings::load(text, "edge.toml").expect("a good configuration");
        // No file can give such a name; should one ever come, it harms nothing.
        config.pools[0].backends[1].name = "b \"quoted\"\\".to_string();
        let server = Server::new(&host, config, 1, std::collections::BTreeMap::new(), Vec::new());
        let admin = Admin::default();
        let journal = Journal::open(None, Arc::new(|_| {})).expect("nothing is needed for one in memory");
        admin.show(server.clone(), Arc::new(Reloader::new(server.clone(), None, Vec::new())), Arc::new(journal));
        test(&host, &server, &admin);
    })
    .expect("an event loop");
}

fn answered(host: &Host, admin: &Admin, request: &str) -> (u16, Vec<(&'static str, String)>, String) {
    let limits = Limits { target_bytes: 8192, head_bytes: 8192, fields: 100 };
    let mut head = RequestHead::default();
    let text = format!("{request}\r\n\r\n");
    assert!(matches!(http1::parse_request(text.as_bytes(), &limits, &mut head), Ok(Parsed::Complete { .. })), "{request}");
    let mut answer = admin.respond(host, &head, b"");
    while let Answer::Later(coming) = answer {
        answer = waited_for(coming);
    }
    match answer {
        Answer::Made { status, fields, body } => (status, fields, String::from_utf8(body).expect("text")),
        Answer::File { .. } | Answer::Socket(_) | Answer::Later(_) => panic!("the admin side has neither files nor WebSockets"),
    }
}

/// What comes of something that is done on another thread.
fn waited_for<T>(mut coming: std::pin::Pin<Box<dyn Future<Output = T>>>) -> T {
    loop {
        match coming.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => return answer,
            Poll::Pending => std::thread::yield_now(),
        }
    }
}

fn get(host: &Host, admin: &Admin, target: &str) -> (u16, String) {
    let (status, _, body) = answered(host, admin, &format!("GET {target} HTTP/1.1\r\nHost: edge.example:8090"));
    (status, body)
}

fn post(host: &Host, admin: &Admin, target: &str) -> (u16, String) {
    let (status, _, body) = answered(host, admin, &format!("POST {target} HTTP/1.1\r\nHost: 127.0.0.1:8090\r\nX-Throughline-Admin: 1"));
    (status, body)
}

#[test]
fn before_a_server_is_shown_it_says_so() {
    host::os::run(|host| async move {
        assert_eq!(get(&host, &Admin::default(), "/status"), (503, "the server is starting\n".to_string()));
    })
    .expect("an event loop");
}

#[test]
fn the_index_names_everything() {
    with_server(|host, _, admin| {
        let (status, index) = get(host, admin, "/");
        assert_eq!(status, 200);
        for path in ["/status", "/metrics", "/explain/route", "/explain/balance", "/reload", "/drain", "/backends/POOL/NAME"] {
            assert!(index.contains(path), "{path}");
            assert!(Resource::of(path.as_bytes()).is_some(), "{path}");
        }
    });
}

#[test]
fn reading_is_get_and_changing_is_post() {
    with_server(|host, server, admin| {
        for (path, allow) in
            [("/status", "GET, HEAD"), ("/metrics", "GET, HEAD"), ("/reload", "POST"), ("/drain", "POST"), ("/backends/app/x", "POST")]
        {
            let wrong = if allow == "POST" { "GET" } else { "POST" };
            let request = format!("{wrong} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Throughline-Admin: 1");
            let (status, fields, _) = answered(host, admin, &request);
            assert_eq!((status, &fields[1]), (405, &("Allow", allow.to_string())), "{path}");
        }
        assert_eq!(get(host, admin, "/nothing").0, 404);
        assert_eq!(get(host, admin, "/backends/app").0, 404);
        assert!(!server.is_draining());
    });
}

#[test]
fn a_page_from_elsewhere_can_change_nothing() {
    with_server(|host, server, admin| {
        let target = "/backends/app/127.0.0.1%3A3000?admin=drain";
        let forged = [
            format!("POST {target} HTTP/1.1\r\nHost: 127.0.0.1:8090"),
            format!("POST {target} HTTP/1.1\r\nHost: 127.0.0.1:8090\r\nX-Throughline-Admin: yes"),
            format!("POST {target} HTTP/1.1\r\nHost: rebound.example:8090\r\nX-Throughline-Admin: 1"),
            format!("POST {target} HTTP/1.1\r\nHost: 127.0.0.1.rebound.example\r\nX-Throughline-Admin: 1"),
        ];
        for request in forged {
            assert_eq!(answered(host, admin, &request).0, 403, "{request}");
        }
        let admin_state = |server: &Server| server.snapshot().pools()[0].status(host.now())[0].admin;
        assert_eq!(admin_state(server), Wanted::Ready);
        for own in ["127.0.0.1:8090", "192.0.2.1", "[::1]:8090", "localhost:8090", "EDGE-1"] {
            let request = format!("POST {target} HTTP/1.1\r\nHost: {own}\r\nX-Throughline-Admin: 1");
            assert_eq!(answered(host, admin, &request).0, 200, "{own}");
        }
        assert_eq!(admin_state(server), Wanted::Drain);
    });
}

#[test]
fn a_backend_is_changed_by_name() {
    with_server(|host, server, admin| {
        let named = parameters::encoded("b \"quoted\"\\");
        let (status, body) = post(host, admin, &format!("/backends/app/{named}?admin=maintenance&weight=7"));
        assert_eq!(status, 200, "{body}");
        let answer: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(answer["backend"], "b \"quoted\"\\");
        let now = &server.snapshot().pools()[0].status(host.now())[1];
        assert_eq!((now.admin, now.weight), (Wanted::Maintenance, 7));
        for (target, status, why) in [
            ("/backends/none/x?admin=drain", 404, "no pool \"none\""),
            ("/backends/app/x?admin=drain", 404, "no backend \"x\""),
            ("/backends/app/127.0.0.1:3000", 400, "say what to change"),
            ("/backends/app/127.0.0.1:3000?admin=off", 400, "not \"off\""),
            ("/backends/app/127.0.0.1:3000?admin=drain&weight=65536", 400, "0 to 65535"),
            ("/backends/app/127.0.0.1:3000?wieght=1", 400, "unknown parameter \"wieght\""),
            ("/backends/app/127.0.0.1:3000?admin=%zz", 400, "percent-encoded"),
        ] {
            let (got, body) = post(host, admin, target);
            assert!(got == status && body.contains(why), "{target}: {got} {body}");
        }
        let first = &server.snapshot().pools()[0].status(host.now())[0];
        assert_eq!((first.admin, first.weight), (Wanted::Ready, 1), "half of a request is not done");
    });
}

#[test]
fn a_reload_without_a_file_is_refused_with_the_reason() {
    with_server(|host, server, admin| {
        assert_eq!(post(host, admin, "/reload"), (409, "there is no configuration file to reload\n".to_string()));
        assert_eq!(server.snapshot().generation, 1);
    });
}

#[test]
fn the_status_is_the_servers() {
    with_server(|host, server, admin| {
        post(host, admin, "/backends/app/127.0.0.1:3000?admin=drain");
        server.tell(
            host.calendar(),
            Step::AcceptPaused { listener: decide::step::ListenerRef(0), pause: decide::time::Duration::from_secs(60) },
        );
        let (_, json) = get(host, admin, "/status");
        let status = view::status::Status::from_json(&json).expect("a status");
        assert_eq!((&*status.name, status.generation, status.draining), ("edge-1", 1, false));
        assert_eq!((&*status.listeners[0].address, status.listeners[0].paused), ("127.0.0.1:8080", true));
        assert_eq!(status.listeners[0].sites, ["main"]);
        let pool = &status.pools[0];
        assert_eq!(
            (&*pool.name, &*pool.algorithm, &*pool.backends[0].admin, &*pool.backends[1].admin),
            ("app", "source-hash", "drain", "ready")
        );
        let (_, table) = get(host, admin, "/status?text");
        assert!(table.contains("pool app, source-hash, 1 of 2 available"), "{table}");
    });
}

#[test]
fn the_status_has_the_name_server_in_each_of_its_roles() {
    let roles = "[dns]\nat = [\"127.0.0.1:5300\"]\n[zone.\"example.com\"]\n[[zone.\"example.com\".record]]\nname = \"@\"\ntype = \"SOA\"\n\
                 values = [\"ns admin 1 2 3 4 5\"]\n[resolver]\nat = [\"127.0.0.1:5301\"]\n";
    with_config(&format!("{CONFIG}{roles}"), |host, _, admin| {
        let (_, json) = get(host, admin, "/status");
        let status = view::status::Status::from_json(&json).expect("a status");
        let seen = status.names.iter().map(|role| (&*role.role, &*role.addresses[0], role.zones, role.queries)).collect::<Vec<_>>();
        assert_eq!(seen, [("authority", "127.0.0.1:5300", 1, 0), ("resolver", "127.0.0.1:5301", 0, 0)]);
    });
}

#[test]
fn explaining_asks_what_serves() {
    with_server(|host, server, admin| {
        let (status, text) = get(host, admin, "/explain/route?url=http%3A%2F%2Fa.test%2Fhello");
        assert!(status == 200 && text.ends_with("=>     route /hello\n"), "{text}");
        let (status, text) = get(host, admin, "/explain/balance?url=http://a.test/x&client=192.0.2.7");
        let snapshot = server.snapshot();
        let pool = &snapshot.pools()[0];
        let expected = pool.explain(host, Some(key::of_source("192.0.2.7".parse().expect("an address")))).0;
        let decide::pool::Selection::Backend { index, .. } = expected else { panic!("two backends are there") };
        assert!(status == 200 && text.contains(&format!("=>         {}", pool.config().backends[index].name)), "{text}");
        assert!(text.contains("key        hash of the client's address: "), "{text}");
        post(host, admin, "/backends/app/127.0.0.1:3000?admin=drain");
        let (_, text) = get(host, admin, "/explain/balance?pool=app&client=192.0.2.7");
        assert!(text.contains("127.0.0.1:3000  -  drained"), "{text}");
        for (target, why) in [
            ("/explain/route", "a URL"),
            ("/explain/route?url=http://a.test/&pool=app", "unknown parameter"),
            ("/explain/balance?url=http://a.test/hello", "answers it itself"),
            ("/explain/balance?pool=none", "pools: app"),
            ("/explain/balance?pool=app&client=me", "no IP address"),
        ] {
            let (status, text) = get(host, admin, target);
            assert!(status == 400 && text.contains(why), "{target}: {text}");
        }
    });
}
