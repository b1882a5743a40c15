#include "engine.hpp"

#include <algorithm>
#include <cstring>

#include "races.hpp"

namespace ablate::emulation {
namespace {

constexpr uint64_t kMapMark = 0x6d61702d74656e73, kBarrierMark = 0xba221e2000000000;

bool off(const void* pointer, size_t bytes) { return reinterpret_cast<uintptr_t>(pointer) % bytes != 0; }

EngineBarrier& barrier_at(uint64_t* word) {
  auto& block = Block::current();
  if (!block.holds(word, 8)) stop("a barrier outside of shared memory");
  const auto number = *word - kBarrierMark;
  if (number >= block.barriers.size() || block.barriers[number].word != word)
    stop("a barrier that is not initialised, or was overwritten");
  return block.barriers[number];
}

/// What orders the memory of a phase's writers and readers.
void* order_of(const EngineBarrier& barrier, uint64_t phase) {
  return reinterpret_cast<unsigned char*>(barrier.word) + phase % 2;
}

/// The phase ends when all have arrived and all bytes are there.
void settle(EngineBarrier& barrier) {
  if (barrier.pending > 0 || barrier.bytes != 0) return;
  barrier.pending = barrier.count;
  ++barrier.phase;
  Grid::current().wake(barrier.waiting);
}

/// A copy into `block`'s shared memory, which tells `barrier` of its bytes when it is made.
void begin_load(void* to, int64_t bytes, uint64_t* word, std::function<void()> make) {
  auto& block = Block::current();
  auto& barrier = barrier_at(word);
  if (barrier.fence_missing != nullptr) stop("the engine was not told of a barrier (fence.mbarrier_init)");
  if (!block.holds(to, static_cast<size_t>(bytes))) stop("a copy that goes beside shared memory");
  const size_t index = static_cast<size_t>(&barrier - block.barriers.data());
  Grid::current().begin({0, &block, [&block, index, bytes, make = std::move(make)] {
                           make();
                           races::release(order_of(block.barriers[index], block.barriers[index].phase));
                           block.barriers[index].bytes -= bytes;
                           settle(block.barriers[index]);
                         }});
  Grid::current().let_others();
}

const TensorMap& map_at(const CUtensorMap* map) {
  const auto& known = *reinterpret_cast<const TensorMap*>(map);
  if (off(map, 64)) stop("a tensor map off 64 bytes");
  if (known.mark != kMapMark) stop("a tensor map that was not encoded");
  return known;
}

/// Calls row(inside, address, offset in the box, elements before, elements) for each row of a box.
template <class Row>
void for_rows(const TensorMap& map, int x, int y, int plane, Row row) {
  const auto width = static_cast<int64_t>(map.extents[0]);
  const int64_t begin = std::clamp<int64_t>(x, 0, width),
                end = std::clamp<int64_t>(x + int64_t{map.box[0]}, 0, width);
  int64_t offset = 0;
  for (int64_t p = plane; p < plane + int64_t{map.box[2]}; ++p)
    for (int64_t v = y; v < y + int64_t{map.box[1]}; ++v, offset += int64_t{map.box[0]} * map.size) {
      const bool inside = v >= 0 && v < static_cast<int64_t>(map.extents[1]) && p >= 0 &&
                          p < static_cast<int64_t>(map.extents[2]) && begin < end;
      if (!inside) continue;
      auto* at = map.base + p * static_cast<int64_t>(map.strides[2]) +
                 v * static_cast<int64_t>(map.strides[1]) + begin * map.size;
      row(at, offset + (begin - x) * map.size, static_cast<size_t>((end - begin) * map.size));
    }
}

void check_box(const TensorMap& map, int x, const void* shared) {
  if (x * static_cast<int64_t>(map.size) % 16 != 0) stop("a box that begins off 16 bytes");
  if (off(shared, 128)) stop("a box off 128 bytes of shared memory");
}

void check_row(const void* shared, const void* global, uint32_t bytes) {
  if (off(shared, 16) || off(global, 16) || bytes % 16 != 0 || bytes == 0)
    stop("a bulk copy that is not of whole 16 bytes");
}

}  // namespace

CUresult encode_tiled(CUtensorMap* map, CUtensorMapDataType type, cuuint32_t rank, void* base,
                      const cuuint64_t* extents, const cuuint64_t* strides, const cuuint32_t* box,
                      const cuuint32_t* steps, CUtensorMapInterleave interleave, CUtensorMapSwizzle swizzle,
                      CUtensorMapL2promotion, CUtensorMapFloatOOBfill fill) {
  if (rank != 3 || interleave != CU_TENSOR_MAP_INTERLEAVE_NONE || swizzle != CU_TENSOR_MAP_SWIZZLE_NONE ||
      fill != CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE)
    return CUDA_ERROR_NOT_SUPPORTED;
  TensorMap out{kMapMark, static_cast<unsigned char*>(base),
                {},       {},
                {},       type == CU_TENSOR_MAP_DATA_TYPE_FLOAT32 ? 4u : 2u};
  out.strides[0] = out.size;
  for (int i = 0; i < 3; ++i) {
    out.extents[i] = extents[i], out.box[i] = box[i];
    if (i > 0) out.strides[i] = strides[i - 1];
    if (extents[i] == 0 || extents[i] > uint64_t{1} << 32 || box[i] == 0 || box[i] > 256 || steps[i] != 1)
      return CUDA_ERROR_INVALID_VALUE;
    if (i > 0 && (out.strides[i] % 16 != 0 || out.strides[i] >= uint64_t{1} << 40))
      return CUDA_ERROR_INVALID_VALUE;
  }
  if (off(map, 64) || off(base, 16) || box[0] * out.size % 16 != 0) return CUDA_ERROR_INVALID_VALUE;
  std::memset(map, 0, sizeof *map);
  std::memcpy(map, &out, sizeof out);
  return CUDA_SUCCESS;
}

void barrier_init(uint64_t* word, unsigned arrivals) {
  auto& block = Block::current();
  if (!block.holds(word, 8) || off(word, 8)) stop("a barrier outside of shared memory");
  for (const auto& other : block.barriers)
    if (other.word == word) stop("a barrier is initialised twice");
  *word = kBarrierMark + block.barriers.size();
  block.barriers.push_back({word, arrivals, arrivals, 0, 0, &Grid::current().running(), {}});
}

void fence_barrier_init() {
  for (auto& barrier : Block::current().barriers)
    if (barrier.fence_missing == &Grid::current().running()) barrier.fence_missing = nullptr;
}

void barrier_arrive(uint64_t* word, uint32_t bytes) {
  auto& barrier = barrier_at(word);
  if (barrier.pending == 0) stop("more arrive at a barrier than it counts");
  races::release(order_of(barrier, barrier.phase));
  --barrier.pending;
  barrier.bytes += bytes;
  settle(barrier);
  Grid::current().let_others();
}

static bool barrier_passed(uint64_t* word, uint32_t parity) { return barrier_at(word).phase % 2 != parity; }

bool barrier_test(uint64_t* word, uint32_t parity) {
  const bool passed = barrier_passed(word, parity);
  if (passed)
    races::acquire(order_of(barrier_at(word), parity));
  else
    Grid::current().try_again();
  return passed;
}

void barrier_wait(uint64_t* word, uint32_t parity) {
  auto& grid = Grid::current();
  while (!barrier_passed(word, parity)) {
    barrier_at(word).waiting.push_back(&grid.running());
    grid.wait(parity == 0 ? "a barrier of the copy engine, parity 0"
                          : "a barrier of the copy engine, parity 1");
  }
  races::acquire(order_of(barrier_at(word), parity));
}

void check_map(const CUtensorMap* map) { map_at(map); }

void copy_row(void* to, const void* from, uint32_t bytes, uint64_t* barrier) {
  check_row(to, from, bytes);
  begin_load(to, bytes, barrier, [=] { std::memcpy(to, from, bytes); });
}

void copy_box(void* to, const CUtensorMap* map, int x, int y, int plane, uint64_t* barrier) {
  const TensorMap known = map_at(map);
  check_box(known, x, to);
  begin_load(to, known.box_bytes(), barrier, [=] {
    std::memset(to, 0, static_cast<size_t>(known.box_bytes()));
    for_rows(known, x, y, plane, [&](const unsigned char* at, int64_t offset, size_t bytes) {
      std::memcpy(static_cast<unsigned char*>(to) + offset, at, bytes);
    });
  });
}

namespace {

/// The bytes of a store between its two halves.
using Staged = std::shared_ptr<std::vector<unsigned char>>;

/// `write` gets the bytes. Even numbers are the halves that read, odd ones those that write.
void begin_store(const void* from, int64_t bytes, std::function<void(const unsigned char*)> write) {
  static int numbers = 0;
  auto& block = Block::current();
  auto& grid = Grid::current();
  const auto size = static_cast<size_t>(bytes);
  if (!block.holds(from, size)) stop("a store of what is not shared memory");
  const auto* first = static_cast<const unsigned char*>(from);
  const auto offset = first - block.shared();
  if (offset >= 0 && static_cast<size_t>(offset) + size <= block.shared_bytes() &&
      (block.seen_by_engine.empty() || std::memcmp(block.seen_by_engine.data() + offset, first, size) != 0))
    stop("a store of what no fence.proxy.async has shown to the copy engine");
  numbers += 2;
  const auto staged = std::make_shared<std::vector<unsigned char>>();
  const auto read = [first, size, staged] {
    if (staged->empty()) staged->assign(first, first + size);
  };
  grid.running().stores.back().push_back(numbers);
  grid.begin({numbers, &block, read});
  grid.begin({numbers + 1, nullptr, [read_number = numbers, staged, write] {
                Grid::current().finish(read_number);
                write(staged->data());
              }});
  grid.let_others();
}

}  // namespace

void store_row(void* to, const void* from, uint32_t bytes) {
  check_row(from, to, bytes);
  begin_store(from, bytes, [=](const unsigned char* staged) { std::memcpy(to, staged, bytes); });
}

void store_box(const CUtensorMap* map, int x, int y, int plane, const void* from) {
  const TensorMap known = map_at(map);
  check_box(known, x, from);
  begin_store(from, known.box_bytes(), [=](const unsigned char* staged) {
    for_rows(known, x, y, plane, [&](unsigned char* at, int64_t offset, size_t bytes) {
      std::memcpy(at, staged + offset, bytes);
    });
  });
}

void close_store_group() { Grid::current().running().stores.emplace_back(); }

void wait_for_stores(size_t left, bool read) {
  auto& groups = Grid::current().running().stores;
  auto group = groups.begin();
  for (size_t under_way = groups.size() - 1; under_way > left; --under_way, ++group)
    for (const int number : *group) Grid::current().finish(read ? number : number + 1);
  if (!read) groups.erase(groups.begin(), group);
}

void finish_stores_of(Thread& thread) {
  for (const auto& group : thread.stores)
    for (const int number : group)
      if (Grid::current().under_way(number)) stop("a thread ended before its stores had read their source");
}

void fence_engine() {
  auto& block = Block::current();
  block.seen_by_engine.assign(block.shared(), block.shared() + block.shared_bytes());
}

}  // namespace ablate::emulation
