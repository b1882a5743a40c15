#include "ablate/weights/safetensors.hpp"

#include "ablate/base/error.hpp"
#include "catch.hpp"
#include "scratch.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <vector>

using namespace ablate;
using scratch::contains;

namespace {

bool same(const torch::Tensor& a, const torch::Tensor& b) {
  return a.dtype() == b.dtype() && a.sizes() == b.sizes() &&
         (a.numel() == 0 || std::memcmp(a.const_data_ptr(), b.const_data_ptr(), a.nbytes()) == 0);
}

TensorFile written_and_read(const TensorFile& file) {
  const scratch::Folder folder;
  write_safetensors(folder / "m.safetensors", file);
  return read_safetensors(folder / "m.safetensors");
}

std::string refusal_to_write(const std::filesystem::path& path, const TensorFile& file) {
  try {
    write_safetensors(path, file);
  } catch (const UserError& error) {
    return error.what();
  }
  return "written";
}

/// While it lives, no file grows beyond `bytes`: a disk that is full.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }

 private:
  void (*old_handler_)(int);
  rlimit old_{};
};

}  // namespace

TEST_CASE("a written file gives back every dtype bit for bit, scalars and empty tensors too", "[weights]") {
  torch::manual_seed(0);
  TensorFile file;
  file.metadata = {{"block", "RepConv"}, {"quote \" and \n", "größe"}, {"empty", ""}};
  for (const auto type :
       {torch::kBool, torch::kUInt8, torch::kInt8, torch::kInt16, torch::kInt32, torch::kInt64,
        torch::kFloat16, torch::kBFloat16, torch::kFloat32, torch::kFloat64}) {
    const std::string name = torch::toString(type);
    file.tensors.insert(name, (torch::randn({3, 1, 5}) * 50).to(type));
    file.tensors.insert(name + ".scalar", torch::ones({}, type));
    file.tensors.insert(name + ".empty", torch::empty({2, 0, 3}, type));
  }
  file.tensors.insert("not finite", torch::tensor({NAN, INFINITY, -INFINITY, -0.0F}));

  const auto back = written_and_read(file);

  CHECK(back.metadata == file.metadata);
  REQUIRE(back.tensors.size() == file.tensors.size());
  for (const auto& item : file.tensors) {
    INFO(item.key());
    REQUIRE(back.tensors.contains(item.key()));
    CHECK(same(back.tensors[item.key()], item.value()));
  }
}

TEST_CASE("a file of no tensors is a file", "[weights]") {
  const auto back = written_and_read({});
  CHECK(back.tensors.is_empty());
  CHECK(back.metadata.empty());
}

TEST_CASE("views are written as they are seen, parameters without their gradient", "[weights]") {
  const auto base = torch::arange(24, torch::kFloat32).reshape({4, 6});
  TensorFile file;
  file.tensors.insert("transposed", base.t());
  file.tensors.insert("part", base.slice(1, 1, 6, 2));
  file.tensors.insert("expanded", torch::ones({1}).expand({3}));
  file.tensors.insert("negated", torch::imag(torch::conj(torch::complex(base, base))));
  file.tensors.insert("parameter", base.clone().requires_grad_());

  const auto back = written_and_read(file);

  for (const auto& item : file.tensors) {
    INFO(item.key());
    CHECK(torch::equal(back.tensors[item.key()], item.value()));
    CHECK(!back.tensors[item.key()].requires_grad());
  }
}

TEST_CASE("tensors lie in the file by falling dtype, then by name, aligned to 8 bytes", "[weights]") {
  TensorFile file;
  file.tensors.insert("b", torch::zeros({3}, torch::kBool));
  file.tensors.insert("d", torch::zeros({1}, torch::kFloat32));
  file.tensors.insert("c", torch::zeros({1}, torch::kFloat32));
  file.tensors.insert("a", torch::zeros({}, torch::kInt64));
  const scratch::Folder folder;
  write_safetensors(folder / "m.safetensors", file);
  const std::string json =
      R"({"a":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"c":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},)"
      R"("d":{"dtype":"F32","shape":[1],"data_offsets":[12,16]},"b":{"dtype":"BOOL","shape":[3],"data_offsets":[16,19]}} )";
  const auto padding = std::string((8 - json.size() % 8) % 8, ' ');
  CHECK(bool(scratch::read(folder / "m.safetensors") == scratch::safetensors(json + padding, 19)));
  CHECK(read_safetensors(folder / "m.safetensors").tensors.keys() ==
        std::vector<std::string>{"a", "c", "d", "b"});
}

TEST_CASE("a file whose header names its tensors in another order is read by the order of its data",
          "[weights]") {
  const scratch::Folder folder;
  scratch::write(folder / "m.safetensors",
                 scratch::safetensors(R"({"a":{"data_offsets":[4,6],"shape":[2],"dtype":"U8"},
                                          "b":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}})",
                                      6));
  const auto file = read_safetensors(folder / "m.safetensors");
  CHECK(file.tensors.keys() == std::vector<std::string>{"b", "a"});
  CHECK(file.tensors["b"].sizes() == torch::IntArrayRef({1, 1}));
}

TEST_CASE("every golden file is read, and its copy has the same tensors in the same places", "[weights]") {
  int files = 0;
  const scratch::Folder folder;
  for (const auto& entry : std::filesystem::directory_iterator(ABLATE_SOURCE_DIR "/tests/golden")) {
    if (entry.path().extension() != ".safetensors") continue;
    INFO(entry.path());
    const auto file = read_safetensors(entry.path());
    CHECK(file.tensors.contains("input"));
    CHECK(file.metadata.contains("block"));
    write_safetensors(folder / "copy", file);
    // All but the order of the metadata, which Python's writer leaves to chance.
    const auto original = scratch::read(entry.path()), copy = scratch::read(folder / "copy");
    const auto tensors = original.find("},\"");
    REQUIRE(copy.size() == original.size());
    CHECK(bool(copy.substr(tensors) == original.substr(tensors)));
    CHECK(read_safetensors(folder / "copy").metadata == file.metadata);
    ++files;
  }
  CHECK(files == 20);
}

TEST_CASE("a place that cannot be written is refused by name, and nothing is left there", "[weights]") {
  const scratch::Folder folder;
  scratch::write(folder / "file", "old");
  std::filesystem::create_directory(folder / "folder");
  const std::vector<std::filesystem::path> paths{folder / "file/m.safetensors",
                                                 folder / "nowhere/m.safetensors",
                                                 folder / "folder",
                                                 folder / "folder/",
                                                 "/dev/null",
                                                 "/proc/m.safetensors",
                                                 ""};
  for (const auto& path : paths) {
    INFO(path);
    const auto refusal = refusal_to_write(path, {});
    CHECK(contains(refusal, path.empty() ? "file to write" : path.string()));
    CHECK(contains(refusal, "allowed: "));
  }
  CHECK(folder.files() == 2);
  CHECK(scratch::read(folder / "file") == "old");
}

TEST_CASE("a disk that fills up leaves the old file and no part of the new one", "[weights]") {
  const scratch::Folder folder;
  const auto path = folder / "m.safetensors";
  scratch::write(path, "old");
  TensorFile file;
  file.tensors.insert("large", torch::zeros({100'000}));
  {
    const FileSizeLimit limit(4096);
    const auto refusal = refusal_to_write(path, file);
    CHECK(contains(refusal, path.string()));
    CHECK(contains(refusal, "cannot be written"));
  }
  CHECK(folder.files() == 1);
  CHECK(scratch::read(path) == "old");
  CHECK(refusal_to_write(path, file) == "written");
  CHECK(folder.files() == 1);
}

TEST_CASE("tensors and texts that the format does not know are refused by name", "[weights]") {
  const scratch::Folder folder;
  const auto refusal = [&](const std::string& name, const torch::Tensor& tensor) {
    TensorFile file;
    file.tensors.insert(name, torch::Tensor(tensor));
    return refusal_to_write(folder / "m.safetensors", file);
  };
  CHECK(contains(refusal("c", torch::zeros({2}, torch::kComplexFloat)), "tensor \"c\": dtype ComplexFloat"));
  CHECK(contains(refusal("s", torch::zeros({2, 2}).to_sparse()), "tensor \"s\": no plain values"));
  CHECK(contains(refusal("u", torch::Tensor()), "tensor \"u\": no plain values"));
  CHECK(contains(refusal("m", torch::zeros({2}, torch::kMeta)), "tensor \"m\": no plain values"));
  CHECK(contains(refusal("__metadata__", torch::zeros({2})), "keeps for itself"));
  CHECK(contains(refusal("\xff", torch::zeros({2})), "\"\\xff\"; allowed: text in UTF-8"));
  CHECK(contains(refusal_to_write(folder / "m.safetensors", {.metadata = {{"k", "\xc3"}}}),
                 "__metadata__: \"\\xc3\""));
  CHECK(folder.files() == 0);
}
