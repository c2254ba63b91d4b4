use super::*;

const LIFETIME: Duration = Duration::from_secs(1000);
const SECRET: &[u8] = b"the secrets of a session";

fn at(seconds: u64) -> Calendar {
    Calendar(Duration::from_secs(1_800_000_000 + seconds))
}

struct Rig {
    keys: Arc<Keys>,
    clock: Arc<Clock>,
}

impl Rig {
    fn new() -> Rig {
        let rig = Rig { keys: Arc::default(), clock: Arc::default() };
        rig.clock.tell(at(0));
        rig
    }

    fn tickets(&self) -> Tickets {
        Tickets::new(self.keys.clone(), self.clock.clone(), LIFETIME)
    }

    fn keys(&self) -> usize {
        self.keys.0.lock().unwrap().len()
    }
}

#[test]
fn a_ticket_of_one_worker_is_opened_by_another_and_shows_nothing() {
    let rig = Rig::new();
    let (one, other) = (rig.tickets(), rig.tickets());
    let (first, second) = (one.encrypt(SECRET).unwrap(), one.encrypt(SECRET).unwrap());
    assert_ne!(first, second);
    assert!(!first.windows(6).any(|window| window == b"secret"));
    assert_eq!(other.decrypt(&first).as_deref(), Some(SECRET));
    assert_eq!(other.decrypt(&second).as_deref(), Some(SECRET));
    assert_eq!(one.lifetime(), 1000);
}

#[test]
fn every_byte_of_a_ticket_counts() {
    let tickets = Rig::new().tickets();
    let ticket = tickets.encrypt(SECRET).unwrap();
    for at in 0..ticket.len() {
        let mut wrong = ticket.clone();
        wrong[at] ^= 1;
        assert_eq!(tickets.decrypt(&wrong), None, "byte {at}");
        assert_eq!(tickets.decrypt(&ticket[..at]), None, "cut at {at}");
    }
}

#[test]
fn a_ticket_lives_for_its_lifetime_and_its_key_not_much_longer() {
    let rig = Rig::new();
    let tickets = rig.tickets();
    let first = tickets.encrypt(SECRET).unwrap();
    rig.clock.tell(at(499));
    let last_of_first_key = tickets.encrypt(SECRET).unwrap();
    assert_eq!(rig.keys(), 1);
    rig.clock.tell(at(500));
    let second = tickets.encrypt(SECRET).unwrap();
    assert_eq!(rig.keys(), 2, "a key seals for half of the lifetime");
    assert_ne!(first[..NAME_BYTES], second[..NAME_BYTES]);
    rig.clock.tell(at(1499));
    assert!(tickets.decrypt(&last_of_first_key).is_some() && tickets.decrypt(&second).is_some(), "1000 s after the last was given");
    rig.clock.tell(at(1500));
    assert_eq!(tickets.decrypt(&first), None);
    tickets.encrypt(SECRET).unwrap();
    assert_eq!(rig.keys(), 2, "the first is forgotten");
    // However long nobody comes, and however often somebody does, there are at most three.
    for second in (1500..9000).step_by(50) {
        rig.clock.tell(at(second));
        tickets.encrypt(SECRET).unwrap();
        assert!(rig.keys() <= 3);
    }
}
