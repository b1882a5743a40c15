#pragma once

// Runs CUDA kernels on the CPU, every thread a fiber of its own: slow, but the very index arithmetic and the
// very waits of the kernels, under the sanitisers and without a GPU. The blocks of a launch take turns thread
// by thread, so that they may wait for one another. Shared memory begins as NaN, copies come as late as they
// may or as early, and threads run in several orders, so that a missing wait shows. A launch that cannot go
// on is stopped, and says who waits for what. engine.hpp is the copy engine, words.hpp the language.

#include <ucontext.h>

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <vector>

#include <vector_types.h>

/// Of the running thread; as CUDA has them, outside of any namespace.
inline uint3 threadIdx, blockIdx;
inline dim3 blockDim, gridDim;

namespace ablate::emulation {

/// Who runs next: one thread after another; any; or whole warps ahead of others, which change at random.
enum class Order { in_turn, random, apart };

/// When a copy under way is made: when nothing else can go on, at once, or at any time between.
enum class Moment { late, early, random };

struct Options {
  Order order = Order::in_turn;
  Moment copies = Moment::late;
  unsigned seed = 1;
  int multiprocessors = 3, blocks_a_multiprocessor = 2;  ///< of the machine that the runtime describes
};
Options& options();

/// Ends the program with what is wrong and where.
[[noreturn]] void stop(const char* what);

class Block;

struct Copy {
  void* to;
  const void* from;
  int bytes, valid;
  bool made;
};

/// What each lane shows.
struct Shown {
  uint32_t lanes[32][8];
};

struct Thread {
  Block* block = nullptr;
  unsigned index = 0;
  const char* waits_for = nullptr;  ///< while it may not run
  bool done = false;
  uint64_t priority = 0;              ///< of its warp, where they run apart
  std::list<std::list<Copy>> copies;  ///< groups, the last one open
  std::list<std::list<int>> stores;   ///< groups of the copy engine's, the last one open
  ucontext_t context{};
  unsigned char* stack = nullptr;
  void* races = nullptr;  ///< its name to the thread sanitiser
};

/// Where a number of threads wait for one another: __syncthreads, bar.sync.
struct Gathering {
  unsigned expected = 0;
  std::list<Thread*> waiting;
  int votes = 0, found = 0;  ///< so far; of the last one that was complete
  unsigned round = 0;
  char order[2];  ///< of memory, by rounds in turn
};

/// What lanes of a warp that meet show one another. Two sets, since a lane may be one meeting ahead of
/// another.
struct Meeting {
  const char* what = nullptr;
  uint64_t round = 0;
  std::list<Thread*> waiting;
  Shown shown[2] = {};
  char order[2];
};

/// A barrier of the copy engine. Its word in shared memory holds only its number.
struct EngineBarrier {
  uint64_t* word;
  unsigned count, pending;
  int64_t bytes = 0;  ///< still to come in this phase; below zero where they came before they were expected
  uint64_t phase = 0;
  const Thread* fence_missing;  ///< who began it, until the engine may know of it
  std::list<Thread*> waiting;
};

class Block {
 public:
  Block(uint3 index, unsigned threads, size_t shared_bytes);

  static Block& current();
  uint3 index() const { return index_; }
  std::vector<Thread>& threads() { return threads_; }
  unsigned char* shared() { return shared_; }
  size_t shared_bytes() const { return shared_bytes_; }
  bool holds(const void* address, size_t bytes) const;
  /// Static shared memory of the type that `key` stands for.
  void* kept(const void* key, size_t bytes);

  /// Waits for `count` threads at barrier `id`; the sum of their votes.
  int synchronise(int id, unsigned count, int vote = 0);
  /// Shows `count` words to the lanes of `mask`, waits for all of them, and returns what they show.
  Shown meet(const char* what, uint32_t mask, const uint32_t* words, int count);

  std::vector<EngineBarrier> barriers;
  std::vector<unsigned char> seen_by_engine;  ///< shared memory at the last fence
  int copies_under_way = 0;
  unsigned done = 0;

 private:
  uint3 index_;
  size_t shared_bytes_;
  std::vector<Thread> threads_;
  std::vector<std::map<uint32_t, Meeting>> warps_;
  Gathering gatherings_[16];
  std::vector<unsigned char> memory_;
  unsigned char* shared_;
  std::map<const void*, std::vector<uint64_t>> kept_;
};

/// A copy of the engine's, under way.
struct Transfer {
  int number;
  Block* block;  ///< whose shared memory it needs, or null
  std::function<void()> make;
  void* races = nullptr;
};

struct Launch {
  dim3 blocks{1, 1, 1};
  unsigned threads = 32;
  size_t shared_bytes = 0;
  unsigned at_once = 1;  ///< blocks that run at one time
};

/// One launch, from its first block to its last.
class Grid {
 public:
  Grid(const Launch& launch, std::function<void()> kernel);
  void run();

  static Grid& current();
  Thread& running() { return *running_; }
  bool has_running() const { return running_ != nullptr; }
  uint64_t now() const { return steps_; }
  uint64_t random();

  void wait(const char* what);  ///< until another thread wakes the running one
  void wake(std::list<Thread*>& threads);
  void look_again();       ///< the running thread found nothing new: others first
  void try_again();        ///< the same of one that does other work meanwhile
  void let_others();       ///< any may come between
  void fence(bool block);  ///< of a block's memory, or all
  void begin(Transfer transfer);
  void finish(int number);  ///< of a transfer, if it is still under way
  bool under_way(int number) const;

 private:
  static void enter();
  void admit();
  void ready(Thread& thread, bool last);
  Thread& next();
  void run_next();
  void change_to_next();
  void make_transfer(size_t index);
  void end_thread();
  void close_block(Block& block);
  [[noreturn]] void give_up();

  Launch launch_;
  std::function<void()> kernel_;
  std::vector<std::unique_ptr<Block>> alive_;
  std::multimap<uint64_t, Thread*> ready_;
  std::vector<Transfer> transfers_;
  Thread* running_ = nullptr;
  ucontext_t outside_{};
  void* outside_races_ = nullptr;
  uint64_t steps_ = 0, turns_ = 0, looks_in_vain_ = 0, tries_in_vain_ = 0, random_;
  unsigned admitted_ = 0;
};

/// A kernel of any arguments, for calls that know it by its address alone.
using Invoke = std::function<void(void** arguments)>;
void add_kernel(const void* entry, Invoke invoke);
const Invoke* kernel_at(const void* entry);

/// Ends a thread's bulk stores: their source must have been read (engine.cu).
void finish_stores_of(Thread& thread);

/// Copies by the thread itself: cp.async.
void copy_async(void* to, const void* from, int bytes, int valid);
void close_copy_group();
void wait_for_copies(size_t left);

}  // namespace ablate::emulation
