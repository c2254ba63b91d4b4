//! Many clients for one answer.

use super::asked;
use crate::support::{Rig, SECOND, answered, caching, get, statuses};
use lab::World;
use lab::peer::{Act, Seen};

#[test]
fn a_thousand_clients_make_one_request_and_read_the_answer_as_it_comes() {
    World::twice(1, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |_| {
            let head = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 10\r\n\r\nfirst";
            vec![Act::Wait(SECOND), Act::send(head), Act::Wait(SECOND), Act::send("-last")]
        });
        let clients: Vec<_> = (0..1000).map(|_| rig.ask(vec![Act::send(get("/a")), Act::await_bytes("-last"), Act::Close])).collect();
        for client in &clients {
            rig.run(client.until(|seen| *seen == Seen::Closed));
        }
        assert_eq!(asked(&origin), 1);
        for client in &clients {
            assert_eq!(statuses(client), [200]);
            // The first half is there a second before the origin has sent the second.
            assert!(answered(client).is_some_and(|at| at < 1_100), "{:?}", answered(client));
        }
        assert_eq!(rig.log.steps("picked").len(), 1);
        assert_eq!(rig.log.steps("cache-miss").iter().filter(|step| step.ends_with("true")).count(), 999);
        rig.close();
    });
}
