#include "emulation.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace ablate::emulation {
namespace {

Block* current_block = nullptr;
constexpr size_t kStackBytes = 64 * 1024;

[[noreturn]] void stop(const char* what) {
  std::fprintf(stderr, "emulation: %s, block (%u, %u), thread %u\n", what, Block::current().index().x,
               Block::current().index().y, Block::current().thread().index);
  std::abort();
}

void check_aligned(const void* pointer, int bytes) {
  if (reinterpret_cast<uintptr_t>(pointer) % static_cast<uintptr_t>(bytes) != 0) stop("misaligned copy");
}

}  // namespace

Block& Block::current() { return *current_block; }

Block::Block(uint3 index, unsigned threads, size_t shared_bytes)
    : index_(index), threads_(threads), warps_((threads + 31) / 32), memory_(shared_bytes + 128, 0xff) {
  const auto address = reinterpret_cast<uintptr_t>(memory_.data());
  shared_ = memory_.data() + (128 - address % 128) % 128;
  // What lies before and behind is out of bounds; the vector's own end is seen by the address sanitiser.
  if (shared_bytes > 0) memory_.resize(static_cast<size_t>(shared_ - memory_.data()) + shared_bytes);
}

void Block::enter() {
  (*current_block->kernel_)();
  current_block->running_->done = true;
  current_block->yield();
}

void Block::yield() { swapcontext(&running_->context, &scheduler_); }

void Block::run(const std::function<void()>& kernel) {
  current_block = this;
  kernel_ = &kernel;
  for (unsigned i = 0; i < threads_.size(); ++i) {
    auto& thread = threads_[i];
    thread.index = i;
    thread.stack.resize(kStackBytes);
    thread.copies.resize(1);
    getcontext(&thread.context);
    thread.context.uc_stack.ss_sp = thread.stack.data();
    thread.context.uc_stack.ss_size = thread.stack.size();
    thread.context.uc_link = nullptr;
    makecontext(&thread.context, enter, 0);
  }
  while (done_ < threads_.size()) {
    for (auto& thread : threads_) {
      if (thread.done) continue;
      running_ = &thread;
      swapcontext(&scheduler_, &thread.context);
      if (thread.done) ++done_;
    }
  }
}

void Block::synchronise() {
  const auto mine = ++running_->barriers;
  if (++waiting_ == threads_.size()) waiting_ = 0, ++barrier_;
  while (barrier_ < mine) {
    if (done_ > 0) stop("a thread ended before a barrier");
    yield();
  }
}

const uint32_t (*Block::meet(const uint32_t* words, int count))[8] {
  auto& warp = warps_[running_->index / 32];
  const auto mine = running_->meetings++;
  auto& shown = warp.shown[mine % 2];
  std::memcpy(shown[running_->index % 32], words, static_cast<size_t>(count) * 4);
  if (++warp.arrived == 32) warp.arrived = 0, ++warp.round;
  while (warp.round <= mine) yield();
  return shown;
}

void copy_async(void* to, const void* from, int bytes, int valid) {
  check_aligned(to, bytes);
  if (valid > 0) check_aligned(from, bytes);
  if (valid < 0 || valid > bytes) stop("a copy of more than it has room for");
  Block::current().thread().copies.back().push_back({to, from, bytes, valid});
}

void close_copy_group() { Block::current().thread().copies.emplace_back(); }

void wait_for_copies(size_t left) {
  auto& groups = Block::current().thread().copies;
  while (groups.size() - 1 > left) {
    for (const auto& copy : groups.front()) {
      std::memset(copy.to, 0, static_cast<size_t>(copy.bytes));
      if (copy.valid > 0) std::memcpy(copy.to, copy.from, static_cast<size_t>(copy.valid));
    }
    groups.erase(groups.begin());
  }
}

}  // namespace ablate::emulation
