#include "emulation.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "races.hpp"

namespace ablate::emulation {
namespace {

Grid* current_grid = nullptr;
constexpr size_t kStackBytes = 96 * 1024;
constexpr uint64_t kCanary = 0x7ab1e70b57acc5ed;

/// Of all launches: what was a stack once is one again.
std::vector<unsigned char*>& spare_stacks() {
  static std::vector<unsigned char*> stacks;
  return stacks;
}

unsigned char* take_stack() {
  auto& spare = spare_stacks();
  if (spare.empty()) {
    constexpr size_t kMany = 256;
    void* memory = mmap(nullptr, kMany * kStackBytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) stop("no memory for stacks");
    for (size_t i = 0; i < kMany; ++i) spare.push_back(static_cast<unsigned char*>(memory) + i * kStackBytes);
  }
  auto* stack = spare.back();
  spare.pop_back();
  std::memcpy(stack, &kCanary, sizeof kCanary);
  return stack;
}

void place(char* text, size_t bytes, const Thread& thread) {
  std::snprintf(text, bytes, "block (%u, %u), thread %u", thread.block->index().x, thread.block->index().y,
                thread.index);
}

}  // namespace

Options& options() {
  static Options all;
  return all;
}

void stop(const char* what) {
  char where[80] = "outside of kernels";
  if (current_grid != nullptr && current_grid->has_running())
    place(where, sizeof where, current_grid->running());
  std::fflush(stdout);
  std::fprintf(stderr, "emulation: %s; %s\n", what, where);
  std::abort();
}

Grid& Grid::current() { return *current_grid; }

Grid::Grid(const Launch& launch, std::function<void()> kernel)
    : launch_(launch), kernel_(std::move(kernel)), random_(options().seed * 0x9e3779b97f4a7c15u + 1) {}

uint64_t Grid::random() {
  random_ ^= random_ << 13, random_ ^= random_ >> 7, random_ ^= random_ << 17;
  return random_ >> 11;
}

void Grid::run() {
  auto* before = current_grid;
  current_grid = this;
  outside_races_ = races::current();
  admit();
  while (!alive_.empty()) {
    run_next();
    races::change_to(running_->races);
    swapcontext(&outside_, &running_->context);
    running_ = nullptr;
    races::acquire(this);
    std::erase_if(alive_, [this](const auto& block) {
      const bool over = block->done == block->threads().size();
      if (over) close_block(*block);
      return over;
    });
    admit();
  }
  while (!transfers_.empty()) make_transfer(0);
  current_grid = before;
}

/// Lets in as many blocks as the machine holds.
void Grid::admit() {
  while (alive_.size() < launch_.at_once && admitted_ < launch_.blocks.x * launch_.blocks.y) {
    const uint3 index{admitted_ % launch_.blocks.x, admitted_ / launch_.blocks.x, 0};
    ++admitted_;
    alive_.push_back(std::make_unique<Block>(index, launch_.threads, launch_.shared_bytes));
    uint64_t priority = 0;
    for (auto& thread : alive_.back()->threads()) {
      if (thread.index % 32 == 0) priority = random() % (1 << 20);
      thread.priority = priority;
      thread.stack = take_stack();
      thread.races = races::make();
      getcontext(&thread.context);
      thread.context.uc_stack.ss_sp = thread.stack + 64;
      thread.context.uc_stack.ss_size = kStackBytes - 64;
      thread.context.uc_link = nullptr;
      makecontext(&thread.context, enter, 0);
      ready(thread, false);
    }
  }
}

void Grid::enter() {
  current_grid->kernel_();
  current_grid->end_thread();
}

void Grid::end_thread() {
  auto& thread = *running_;
  uint64_t canary;
  std::memcpy(&canary, thread.stack, sizeof canary);
  if (canary != kCanary) stop("a thread's stack was too small");
  finish_stores_of(thread);
  thread.done = true;
  ++thread.block->done;
  looks_in_vain_ = 0;
  races::release(this);
  if (thread.block->done < thread.block->threads().size()) change_to_next();
  races::change_to(outside_races_);
  setcontext(&outside_);
}

void Grid::close_block(Block& block) {
  if (block.copies_under_way > 0) stop("a block ended while copies into its shared memory were under way");
  for (auto& thread : block.threads()) {
    spare_stacks().push_back(thread.stack);
    races::destroy(thread.races);
  }
}

void Grid::ready(Thread& thread, bool last) {
  thread.waits_for = nullptr;
  uint64_t key = ++turns_;
  if (options().order == Order::random) key += random() % (2 * ready_.size() + 1);
  if (options().order == Order::apart) {
    if (random() % 32 == 0) thread.priority = random() % (1 << 20);
    key = last ? (uint64_t{1} << 40) + turns_ : thread.priority;
  }
  ready_.emplace(key, &thread);
}

/// Who runs next; before that, copies that are due.
Thread& Grid::next() {
  ++steps_;
  if (options().copies == Moment::random && !transfers_.empty() && random() % 8 == 0)
    make_transfer(random() % transfers_.size());
  while (ready_.empty() || looks_in_vain_ > ready_.size()) {
    if (!transfers_.empty())
      make_transfer(options().copies == Moment::random ? random() % transfers_.size() : 0),
          looks_in_vain_ = 0;
    else if (ready_.empty() || looks_in_vain_ > 1000 + 200 * ready_.size())
      give_up();
    else
      break;
  }
  auto first = ready_.begin();
  auto& thread = *first->second;
  ready_.erase(first);
  return thread;
}

void Grid::run_next() {
  running_ = &next();
  threadIdx = {running_->index, 0, 0}, blockIdx = running_->block->index();
  blockDim = dim3(launch_.threads), gridDim = launch_.blocks;
}

void Grid::change_to_next() {
  auto& before = *running_;
  run_next();
  if (running_ == &before) return;
  races::change_to(running_->races);
  if (before.done)
    setcontext(&running_->context);
  else
    swapcontext(&before.context, &running_->context);
}

void Grid::wait(const char* what) {
  running_->waits_for = what;
  change_to_next();
}

void Grid::wake(std::list<Thread*>& threads) {
  looks_in_vain_ = 0;
  for (auto* thread : threads) ready(*thread, false);
  threads.clear();
}

void Grid::look_again() {
  ++looks_in_vain_;
  ready(*running_, true);
  change_to_next();
}

void Grid::try_again() {
  // What it does meanwhile wakes others: looks in vain do not tell that all wait for a copy.
  if (++tries_in_vain_ > 10'000'000) give_up();
  if (tries_in_vain_ % 100 == 0 && !transfers_.empty())
    make_transfer(options().copies == Moment::random ? random() % transfers_.size() : 0);
  look_again();
}

void Grid::let_others() {
  if (options().order == Order::in_turn || random() % 4 != 0) return;
  ready(*running_, false);
  change_to_next();
}

void Grid::fence(bool block) {
  void* order = block ? static_cast<void*>(running_->block) : this;
  races::acquire(order);
  races::release(order);
  let_others();
}

void Grid::begin(Transfer transfer) {
  const auto moment = options().copies;
  if (transfer.block != nullptr) ++transfer.block->copies_under_way;
  transfer.races = races::make();
  transfers_.push_back(std::move(transfer));
  if (moment == Moment::early || (moment == Moment::random && random() % 4 == 0))
    make_transfer(transfers_.size() - 1);
}

void Grid::finish(int number) {
  for (size_t i = 0; i < transfers_.size(); ++i)
    if (transfers_[i].number == number) return make_transfer(i);
}

bool Grid::under_way(int number) const {
  return std::ranges::any_of(transfers_, [&](const auto& transfer) { return transfer.number == number; });
}

void Grid::make_transfer(size_t index) {
  const auto transfer = std::move(transfers_[index]);
  transfers_.erase(transfers_.begin() + static_cast<std::ptrdiff_t>(index));
  if (transfer.block != nullptr) --transfer.block->copies_under_way;
  auto* before = races::current();
  races::change_to(transfer.races);
  transfer.make();
  races::change_to(before);
  races::destroy(transfer.races);
}

void Grid::give_up() {
  std::fflush(stdout);
  std::fprintf(stderr, "emulation: no thread can go on\n");
  for (const auto& block : alive_) {
    std::map<std::string, std::pair<int, unsigned>> waits;
    for (const auto& thread : block->threads()) {
      const char* what = thread.done                   ? "ended"
                         : thread.waits_for != nullptr ? thread.waits_for
                                                       : "looking again";
      auto& [count, first] = waits[what];
      if (count++ == 0) first = thread.index;
    }
    for (const auto& [what, count] : waits)
      std::fprintf(stderr, "  block (%u, %u): %d threads, from %u on: %s\n", block->index().x,
                   block->index().y, count.first, count.second, what.c_str());
  }
  std::abort();
}

namespace {

std::map<const void*, Invoke>& kernels() {
  static std::map<const void*, Invoke> all;
  return all;
}

}  // namespace

void add_kernel(const void* entry, Invoke invoke) { kernels()[entry] = std::move(invoke); }

const Invoke* kernel_at(const void* entry) {
  const auto found = kernels().find(entry);
  return found == kernels().end() ? nullptr : &found->second;
}

}  // namespace ablate::emulation
