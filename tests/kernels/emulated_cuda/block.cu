#include "emulation.hpp"

#include <algorithm>
#include <cstring>

#include "races.hpp"

namespace ablate::emulation {

Block& Block::current() { return *Grid::current().running().block; }

Block::Block(uint3 index, unsigned threads, size_t shared_bytes)
    : index_(index),
      shared_bytes_(shared_bytes),
      threads_(threads),
      warps_((threads + 31) / 32),
      memory_(shared_bytes + 128, 0xff) {
  const auto address = reinterpret_cast<uintptr_t>(memory_.data());
  shared_ = memory_.data() + (128 - address % 128) % 128;
  // What lies before and behind is out of bounds; the vector's own end is seen by the address sanitiser.
  if (shared_bytes > 0) memory_.resize(static_cast<size_t>(shared_ - memory_.data()) + shared_bytes);
  for (unsigned i = 0; i < threads; ++i) {
    threads_[i].block = this, threads_[i].index = i;
    threads_[i].copies.resize(1), threads_[i].stores.resize(1);
  }
}

bool Block::holds(const void* address, size_t bytes) const {
  const auto within = [&](const void* begin, size_t size) {
    const auto first = reinterpret_cast<uintptr_t>(begin), at = reinterpret_cast<uintptr_t>(address);
    return at >= first && at + bytes <= first + size;
  };
  for (const auto& [key, words] : kept_)
    if (within(words.data(), words.size() * 8)) return true;
  return within(shared_, shared_bytes_);
}

void* Block::kept(const void* key, size_t bytes) {
  auto& words = kept_[key];
  if (words.empty()) {
    words.assign((bytes + 7) / 8, ~uint64_t{0});
    races::release(words.data());  // filled before the block began
  }
  races::acquire(words.data());
  return words.data();
}

int Block::synchronise(int id, unsigned count, int vote) {
  auto& grid = Grid::current();
  if (id < 0 || id > 15) stop("there is no such barrier");
  auto& here = gatherings_[id];
  if (here.waiting.empty()) here.expected = count, here.votes = 0;
  if (here.expected != count) stop("threads wait at one barrier for different numbers of them");
  if (id == 0 && done > 0) stop("a thread ended before a barrier");
  here.votes += vote;
  void* order = &here.order[here.round % 2];
  races::release(order);
  if (here.waiting.size() + 1 < count) {
    here.waiting.push_back(&grid.running());
    grid.wait(id == 0 ? "__syncthreads" : "a barrier of some threads");
  } else {
    here.found = here.votes;
    ++here.round;
    grid.wake(here.waiting);
    grid.let_others();
  }
  races::acquire(order);
  return here.found;
}

Shown Block::meet(const char* what, uint32_t mask, const uint32_t* words, int count) {
  auto& grid = Grid::current();
  const unsigned lane = grid.running().index % 32, warp = grid.running().index / 32;
  const unsigned lanes = std::min<unsigned>(32, static_cast<unsigned>(threads_.size()) - warp * 32);
  if (lanes < 32) mask &= (1u << lanes) - 1;
  if ((mask >> lane & 1) == 0) stop("a lane takes part where it is not named");
  auto& here = warps_[warp][mask];
  if (here.waiting.empty()) here.what = what;
  if (std::strcmp(here.what, what) != 0) stop("lanes of a warp meet in different instructions");
  auto& shown = here.shown[here.round % 2];
  for (int i = 0; i < count; ++i) shown.lanes[lane][i] = words[i];
  // Of these only __syncwarp orders memory, whatever a GPU does.
  void* order = count == 0 ? &here.order[here.round % 2] : nullptr;
  if (order != nullptr) races::release(order);
  if (here.waiting.size() + 1 == static_cast<size_t>(__builtin_popcount(mask))) {
    ++here.round;
    grid.wake(here.waiting);
  } else {
    here.waiting.push_back(&grid.running());
    grid.wait(what);
  }
  if (order != nullptr) races::acquire(order);
  Shown seen;
  for (unsigned other = 0; other < 32; ++other)
    for (int i = 0; i < count; ++i) seen.lanes[other][i] = shown.lanes[other][i];
  return seen;
}

namespace {

void check_aligned(const void* pointer, int bytes) {
  if (reinterpret_cast<uintptr_t>(pointer) % static_cast<uintptr_t>(bytes) != 0) stop("misaligned copy");
}

void make(Copy& copy) {
  if (copy.made) return;
  copy.made = true;
  std::memset(copy.to, 0, static_cast<size_t>(copy.bytes));
  if (copy.valid > 0) std::memcpy(copy.to, copy.from, static_cast<size_t>(copy.valid));
}

}  // namespace

void copy_async(void* to, const void* from, int bytes, int valid) {
  check_aligned(to, bytes);
  if (valid > 0) check_aligned(from, bytes);
  if (valid < 0 || valid > bytes) stop("a copy of more than it has room for");
  if (!Block::current().holds(to, static_cast<size_t>(bytes))) stop("a copy that goes beside shared memory");
  auto& grid = Grid::current();
  Copy copy{to, from, bytes, valid, false};
  const auto moment = options().copies;
  if (moment == Moment::early || (moment == Moment::random && grid.random() % 2 == 0)) make(copy);
  grid.running().copies.back().push_back(copy);
}

void close_copy_group() { Grid::current().running().copies.emplace_back(); }

void wait_for_copies(size_t left) {
  auto& groups = Grid::current().running().copies;
  while (groups.size() - 1 > left) {
    for (auto& copy : groups.front()) make(copy);
    groups.pop_front();
  }
}

}  // namespace ablate::emulation
