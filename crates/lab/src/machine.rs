//! A virtual machine.

use crate::clock::Clock;
use crate::datagrams::VirtualDatagrams;
use crate::executor::Executor;
use crate::files::Files;
use crate::link::Reach;
use crate::listener::VirtualListener;
use crate::network::{HostId, Shared};
use crate::seed::split;
use crate::stream::VirtualStream;
use decide::random::{Random, SplitMix};
use decide::time::{Calendar, Instant};
use host::{Connecting, DatagramListener, Datagrams, Endpoint, Host, Listener, Machine, Opened, Resolving, Stream, Task, Timers};
use std::cell::RefCell;
use std::future::{Future, pending};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;

pub(crate) struct VirtualMachine {
    id: HostId,
    clock: Arc<Clock>,
    network: Shared,
    executor: Rc<Executor>,
    timers: Timers,
    random: RefCell<SplitMix>,
    files: RefCell<Files>,
}

impl Machine for VirtualMachine {
    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn calendar(&self) -> Calendar {
        self.clock.calendar()
    }

    fn random(&self) -> u64 {
        self.random.borrow_mut().next()
    }

    fn unguessable(&self) -> u64 {
        self.random()
    }

    fn datagrams(&self, far: SocketAddr) -> io::Result<Datagrams> {
        Ok(Datagrams::Virtual(Box::new(VirtualDatagrams::to(&self.network, self.id, far)?)))
    }

    fn connect(&self, to: &Endpoint) -> Connecting {
        let connecting = VirtualStream::connect(self.network.clone(), self.id, to.clone());
        Box::pin(async { Ok(Stream::Virtual(Box::new(connecting.await?))) })
    }

    fn listen(&self, at: &Endpoint, backlog: u32) -> io::Result<Listener> {
        Ok(Listener::Virtual(Box::new(VirtualListener::new(&self.network, self.id, at, backlog)?)))
    }

    fn listen_for_datagrams(&self, at: SocketAddr) -> io::Result<DatagramListener> {
        Ok(DatagramListener::Virtual(Box::new(VirtualDatagrams::shared(&self.network, self.id, at)?)))
    }

    fn resolve(&self, name: &str) -> Resolving {
        let (network, clock, name) = (self.network.clone(), self.clock.clone(), name.to_string());
        let mut deadline = self.timers.deadline();
        Box::pin(async move {
            deadline.set(clock.now() + network.lock().names.delay);
            std::future::poll_fn(|cx| deadline.poll_passed(cx)).await;
            let answer = network.lock().names.ask(&name);
            match answer {
                Some(answer) => answer,
                None => pending().await,
            }
        })
    }

    fn spawn(&self, task: Task) {
        self.executor.spawn(self.id, self.clock.now(), task);
    }

    fn open(&self, root: &str, path: &str) -> io::Result<Opened> {
        self.files.borrow().open(root, path)
    }

    fn open_named(&self, path: &str) -> io::Result<Opened> {
        self.files.borrow().open_named(path)
    }
}

/// One machine of the lab, as a scenario handles it. Cloning it gives the same machine.
#[derive(Clone)]
pub struct VirtualHost {
    machine: Rc<VirtualMachine>,
    host: Host,
    addresses: Rc<[IpAddr]>,
}

impl VirtualHost {
    /// A machine and the timers that the world is to drive.
    pub(crate) fn new(
        (name, addresses): (&str, &[IpAddr]),
        seed: u64,
        clock: &Arc<Clock>,
        network: &Shared,
        executor: &Rc<Executor>,
    ) -> (VirtualHost, Timers) {
        let timers = Timers::default();
        let id = network.lock().add_host(name, addresses);
        let machine = Rc::new(VirtualMachine {
            id,
            clock: clock.clone(),
            network: network.clone(),
            executor: executor.clone(),
            timers: timers.clone(),
            random: RefCell::new(split(seed, &format!("host {name}"))),
            files: RefCell::default(),
        });
        let host = Host::new(machine.clone(), timers.clone());
        (VirtualHost { machine, host, addresses: addresses.into() }, timers)
    }

    /// What programs on this machine are given.
    pub fn host(&self) -> Host {
        self.host.clone()
    }

    /// Starts a task on this machine.
    pub fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.host.spawn(task);
    }

    /// Its first address.
    pub fn address(&self) -> IpAddr {
        *self.addresses.first().expect("this host has an address")
    }

    /// A port at its first address.
    pub fn at(&self, port: u16) -> Endpoint {
        Endpoint::Ip(SocketAddr::new(self.address(), port))
    }

    /// Connects, and gives the lab's own kind of stream.
    pub async fn connect(&self, to: &Endpoint) -> io::Result<VirtualStream> {
        VirtualStream::connect(self.machine.network.clone(), self.id(), to.clone()).await
    }

    /// Listens, and gives the lab's own kind of listener.
    pub fn listen(&self, at: &Endpoint, backlog: u32) -> io::Result<VirtualListener> {
        VirtualListener::new(&self.machine.network, self.id(), at, backlog)
    }

    /// Opens a port for datagrams at one of its addresses.
    pub fn datagrams_at(&self, at: SocketAddr) -> io::Result<VirtualDatagrams> {
        VirtualDatagrams::at(&self.machine.network, self.id(), at)
    }

    /// Where it listens, in the order of listening; port 0 has become a real one.
    pub fn listening(&self) -> Vec<Endpoint> {
        let network = self.machine.network.lock();
        network.listeners.values().filter(|waiting| waiting.host == self.id()).map(|waiting| waiting.at.clone()).collect()
    }

    /// Ends everything that runs on this machine, at once: the far ends of its connections see a reset when it gets there, and connecting
    /// to it is refused. (A kernel resets only where something was unread, and otherwise ends the stream: [`VirtualHost::exit`].) The
    /// machine itself goes on: starting its program again is spawning it again. A task that kills its own machine runs on to its next wait.
    pub fn kill(&self) {
        self.machine.network.lock().kill(self.id());
        self.machine.executor.kill(self.id());
    }

    /// Ends everything that runs on this machine, its connections closing as if each stream were dropped.
    pub fn exit(&self) {
        self.machine.executor.kill(self.id());
    }

    /// Whether things pass between this machine and all others.
    pub fn reach(&self, reach: Reach) {
        let mut network = self.machine.network.lock();
        let name = network.nodes[self.id()].name.clone();
        network.note(format_args!("host {name} {reach:?}"));
        network.links.set_host_reach(self.id(), reach);
        network.settle();
    }

    /// New connections from and to it are refused.
    pub fn refuse(&self) {
        self.reach(Reach::Refuse);
    }

    /// Everything from and to it freezes.
    pub fn stall(&self) {
        self.reach(Reach::Stall);
    }

    /// It does not answer any more.
    pub fn blackhole(&self) {
        self.reach(Reach::Blackhole);
    }

    /// Everything passes again.
    pub fn mend(&self) {
        self.reach(Reach::Open);
    }

    /// Resets its connections with other machines, at once and at both ends; new ones meet `then`.
    pub fn cut(&self, then: Reach) {
        self.machine.network.lock().cut(|from, to| from != to && (from == self.id() || to == self.id()));
        self.reach(then);
    }

    /// Puts a file at an absolute path, changed last now.
    pub fn put_file(&self, path: &str, bytes: &[u8]) {
        self.machine.files.borrow_mut().put(path, bytes, self.machine.clock.calendar());
    }

    /// Takes a file away; it stays readable for who has it open.
    pub fn remove_file(&self, path: &str) {
        self.machine.files.borrow_mut().remove(path);
    }

    /// How many sockets its programs may hold; accepting and connecting beyond fail as they do on a kernel (EMFILE).
    pub fn limit_descriptors(&self, most: usize) {
        self.machine.network.lock().nodes[self.id()].descriptors = most;
    }

    /// How many sockets its programs hold.
    pub fn open_descriptors(&self) -> usize {
        self.machine.network.lock().nodes[self.id()].open_descriptors()
    }

    pub(crate) fn id(&self) -> HostId {
        self.machine.id
    }
}
