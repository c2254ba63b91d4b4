//! Networks in order, each with a number beside it: what every table here is made of.

use super::bits::Bits;
use alloc::vec::Vec;
use core::net::IpAddr;
use wire::network::Network;

/// Networks of one family in ascending order, what is within behind what it is within, each once. Three arrays, because a search reads the
/// addresses alone, and because a record of all three would be a third padding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PrefixTable<A> {
    pub(super) addresses: Vec<A>,
    pub(super) bits: Vec<u8>,
    pub(super) values: Vec<u32>,
}

impl<A: Bits> PrefixTable<A> {
    pub(super) fn with_room(networks: usize) -> Self {
        PrefixTable { addresses: Vec::with_capacity(networks), bits: Vec::with_capacity(networks), values: Vec::with_capacity(networks) }
    }

    pub(super) fn len(&self) -> usize {
        self.addresses.len()
    }

    /// The next network; it is behind all that are here.
    pub(super) fn push(&mut self, address: A, bits: u8, value: u32) {
        self.addresses.push(address);
        self.bits.push(bits);
        self.values.push(value);
    }

    /// Gives back the room that is not used, if that is worth the copying.
    pub(super) fn shrink(&mut self) {
        if self.addresses.capacity() > self.len() + self.len() / 8 {
            self.addresses.shrink_to_fit();
            self.bits.shrink_to_fit();
            self.values.shrink_to_fit();
        }
    }

    /// Where the longest network stands that an address is in.
    pub(super) fn matching(&self, address: A) -> Option<usize> {
        // No network that has the address in it is behind this one in order.
        let mut longest = A::WIDTH;
        loop {
            let sought = address.first(longest);
            let behind = self.addresses.partition_point(|at| *at <= sought);
            // Of those that begin at this address, only such as are short enough.
            let mut found = behind.checked_sub(1)?;
            while self.addresses[found] == sought && self.bits[found] > longest {
                found = found.checked_sub(1)?;
            }
            let shared = self.addresses[found].shared(address);
            if shared >= self.bits[found] {
                return Some(found);
            }
            // What this one and the address are both in has no more bits than they share.
            longest = shared;
        }
    }

    pub(super) fn network(&self, index: usize) -> Network {
        Network::of(self.addresses[index].ip(), self.bits[index])
    }

    /// The value of exactly this network.
    pub(super) fn exactly(&self, address: A, bits: u8) -> Option<u32> {
        let from = self.addresses.partition_point(|at| *at < address);
        let same = self.addresses[from..].iter().take_while(|at| **at == address).count();
        (from..from + same).find(|index| self.bits[*index] == bits).map(|index| self.values[index])
    }
}

/// Both families.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) v4: PrefixTable<u32>,
    pub(super) v6: PrefixTable<u128>,
}

impl Table {
    /// The next network; it is behind all of its family that are here.
    pub(super) fn push(&mut self, network: Network, value: u32) {
        match network.address() {
            IpAddr::V4(address) => self.v4.push(address.to_bits(), network.bits(), value),
            IpAddr::V6(address) => self.v6.push(address.to_bits(), network.bits(), value),
        }
    }

    /// The longest network that an address is in, and its value.
    pub(super) fn lookup(&self, address: IpAddr) -> Option<(Network, u32)> {
        match address.to_canonical() {
            IpAddr::V4(address) => self.v4.matching(address.to_bits()).map(|index| (self.v4.network(index), self.v4.values[index])),
            IpAddr::V6(address) => self.v6.matching(address.to_bits()).map(|index| (self.v6.network(index), self.v6.values[index])),
        }
    }

    /// The value of exactly this network.
    pub(super) fn exactly(&self, network: Network) -> Option<u32> {
        match network.address() {
            IpAddr::V4(address) => self.v4.exactly(address.to_bits(), network.bits()),
            IpAddr::V6(address) => self.v6.exactly(address.to_bits(), network.bits()),
        }
    }

    /// All networks, in order.
    pub(super) fn networks(&self) -> impl Iterator<Item = (Network, u32)> + '_ {
        let v4 = (0..self.v4.len()).map(|index| (self.v4.network(index), self.v4.values[index]));
        v4.chain((0..self.v6.len()).map(|index| (self.v6.network(index), self.v6.values[index])))
    }

    pub(super) fn len(&self) -> usize {
        self.v4.len() + self.v6.len()
    }

    /// So much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        let (v4, v6) = (&self.v4, &self.v6);
        v4.addresses.capacity() * 4
            + v4.bits.capacity()
            + v4.values.capacity() * 4
            + v6.addresses.capacity() * 16
            + v6.bits.capacity()
            + v6.values.capacity() * 4
    }
}

/// A table as a sweep over all addresses sees it: at each place, the longest network around.
pub(super) struct Cursor<'a, A> {
    table: &'a PrefixTable<A>,
    next: usize,
    /// What is open, the longest last: its last address, and where it stands.
    open: Vec<(A, usize)>,
}

impl<'a, A: Bits> Cursor<'a, A> {
    pub(super) fn new(table: &'a PrefixTable<A>) -> Self {
        Cursor { table, next: 0, open: Vec::new() }
    }

    /// On to an address: the first of all, and then never past a [`Cursor::border`].
    pub(super) fn go(&mut self, at: A) {
        while self.open.last().is_some_and(|(last, _)| *last < at) {
            self.open.pop();
        }
        while self.next < self.table.len() && self.table.addresses[self.next] == at {
            self.open.push((at.last(self.table.bits[self.next]), self.next));
            self.next += 1;
        }
    }

    /// The longest network here.
    pub(super) fn here(&self) -> Option<usize> {
        self.open.last().map(|(_, index)| *index)
    }

    /// All networks here, the longest last.
    pub(super) fn all_here(&self) -> impl Iterator<Item = usize> + '_ {
        self.open.iter().map(|(_, index)| *index)
    }

    /// Where the next network begins, or the one here ends; `None`: neither, up to the last address.
    pub(super) fn border(&self) -> Option<A> {
        let begins = self.table.addresses.get(self.next).copied();
        let ends = self.open.last().and_then(|(last, _)| last.next());
        match (begins, ends) {
            (Some(begins), Some(ends)) => Some(begins.min(ends)),
            (begins, ends) => begins.or(ends),
        }
    }
}
