#pragma once

// Runs CUDA kernels on the CPU, a block at a time, every thread a fiber of its own: slow, but the very index
// arithmetic of the kernels, under the sanitisers and without a GPU. Asynchronous copies are made as late as
// they may be, and shared memory begins as NaN, so that a missing wait shows.

#include <ucontext.h>

#include <cstdint>
#include <functional>
#include <vector>

#include <vector_types.h>

namespace ablate::emulation {

struct Copy {
  void* to;
  const void* from;
  int bytes, valid;
};

/// What a warp's lanes show one another; two sets, since a lane may be one meeting ahead of another.
struct Meeting {
  uint64_t round = 0;
  int arrived = 0;
  uint32_t shown[2][32][8] = {};
};

struct Thread {
  ucontext_t context{};
  std::vector<char> stack;
  bool done = false;
  unsigned index = 0;
  uint64_t barriers = 0, meetings = 0;    ///< that it has passed
  std::vector<std::vector<Copy>> copies;  ///< groups, the last one open
};

class Block {
 public:
  Block(uint3 index, unsigned threads, size_t shared_bytes);
  void run(const std::function<void()>& kernel);

  static Block& current();
  Thread& thread() { return *running_; }
  uint3 index() const { return index_; }
  unsigned threads() const { return static_cast<unsigned>(threads_.size()); }
  unsigned char* shared() { return shared_; }

  void synchronise();
  /// Shows `count` words to the warp, waits for all lanes, and returns what they show.
  const uint32_t (*meet(const uint32_t* words, int count))[8];

 private:
  static void enter();
  void yield();

  uint3 index_;
  std::vector<Thread> threads_;
  std::vector<Meeting> warps_;
  std::vector<unsigned char> memory_;
  unsigned char* shared_;
  ucontext_t scheduler_{};
  Thread* running_ = nullptr;
  const std::function<void()>* kernel_ = nullptr;
  uint64_t barrier_ = 0;
  unsigned waiting_ = 0, done_ = 0;
};

void copy_async(void* to, const void* from, int bytes, int valid);
void close_copy_group();
void wait_for_copies(size_t left);

}  // namespace ablate::emulation
