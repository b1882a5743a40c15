#include "catch.hpp"
#include "kernels/cpu_blocks.hpp"

#include <ATen/Parallel.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>

using namespace ablate::kernels;
using namespace ablate::kernels::testing;

namespace {

/// Sets the number of threads for a scope.
class Threads {
 public:
  explicit Threads(int count) : before_(at::get_num_threads()) { at::set_num_threads(count); }
  ~Threads() { at::set_num_threads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_;
};

struct Case {
  std::string block;
  CpuBlock fused;
  at::Tensor input, expected;
};

/// The blocks, with inputs that make work for several threads, in images that one core's cache holds and not.
std::vector<Case> cases() {
  std::vector<Case> all;
  const Threads one(1);
  for (const auto& [block, parts] : blocks({.in = 24, .out = 24}))
    for (const auto& shape : {std::vector<int64_t>{1, 24, 64, 50}, {5, 24, 31, 31}, {2, 24, 150, 140}}) {
      CpuBlock fused(parts);
      const auto input = at::randn(shape);
      auto expected = fused(input);
      all.push_back({block, std::move(fused), input, expected});
    }
  return all;
}

}  // namespace

TEST_CASE("any number of threads gives the same bits", "[kernels][cpu]") {
  at::manual_seed(13);
  for (const auto& [block, fused, input, expected] : cases())
    for (const auto count : {1, 2, 3, 4, 7}) {
      const Threads threads(count);
      INFO(block << " " << input.sizes() << " on " << count << " threads");
      CHECK(fused(input).equal(expected));
    }
}

TEST_CASE("a call from within a parallel region ends, with the same bits", "[kernels][cpu]") {
  at::manual_seed(14);
  const Threads threads(4);
  for (const auto& [block, fused, input, expected] : cases()) {
    std::atomic<int> right = 0;
    at::parallel_for(0, 8, 1, [&, &f = fused, &in = input, &out = expected](int64_t begin, int64_t end) {
      for (auto i = begin; i < end; ++i) right += f(in).equal(out) ? 1 : 0;
    });
    INFO(block << " " << input.sizes());
    CHECK(right == 8);
  }
}

TEST_CASE("several threads may call one block at once", "[kernels][cpu]") {
  at::manual_seed(15);
  const Threads threads(2);
  for (const auto& [block, fused, input, expected] : cases()) {
    std::atomic<int> right = 0;
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 4; ++caller)
      callers.emplace_back([&, &f = fused, &in = input, &out = expected] {
        for (int call = 0; call < 5; ++call) right += f(in).equal(out) ? 1 : 0;
      });
    for (auto& caller : callers) caller.join();
    INFO(block << " " << input.sizes());
    CHECK(right == 20);
  }
}

// AddressSanitizer brings its own operator new, with which these would not go together.
#ifndef __SANITIZE_ADDRESS__

namespace {

std::atomic<int64_t> allocations = 0;

void* counted(std::size_t size, std::size_t alignment) {
  ++allocations;
  void* memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

// Of the whole test program.
void* operator new(std::size_t size) { return counted(size, alignof(std::max_align_t)); }
void* operator new[](std::size_t size) { return counted(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t to) {
  return counted(size, static_cast<std::size_t>(to));
}
void* operator new[](std::size_t size, std::align_val_t to) {
  return counted(size, static_cast<std::size_t>(to));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

TEST_CASE("a call allocates its output alone", "[kernels][cpu]") {
  at::manual_seed(16);
  for (const auto count : {1, 2}) {
    const Threads threads(count);
    for (const auto& [block, fused, input, expected] : cases()) {
      const auto allocated_by = [](const auto& work) {
        const auto before = allocations.load();
        const auto result = work();
        return allocations.load() - before;
      };
      fused(input);  // the scratch of all threads grows
      const auto output = allocated_by([&, &in = input] { return at::empty(in.sizes()); });
      INFO(block << " " << input.sizes() << " on " << count << " threads");
      CHECK(output > 0);
      CHECK(allocated_by([&, &f = fused, &in = input] { return f(in); }) == output);
    }
  }
}

#endif
