#include "ablate/base/error.hpp"
#include "ablate/weights/header.hpp"
#include "ablate/weights/safetensors.hpp"
#include "catch.hpp"
#include "scratch.hpp"

#include <sys/stat.h>

#include <random>
#include <vector>

using namespace ablate;
using scratch::length;
using scratch::safetensors;

namespace {

/// What the reader says of a path; "read" where it takes it.
std::string verdict(const std::filesystem::path& path) {
  try {
    read_safetensors(path);
  } catch (const UserError& error) {
    return error.what();
  }
  return "read";
}

std::string verdict_of_bytes(const scratch::Folder& folder, const std::string& bytes) {
  const auto path = folder / "m.safetensors";
  scratch::write(path, bytes);
  return verdict(path);
}

struct Hostile {
  std::string bytes;
  std::string says;  ///< behind the file's name: place, value, start of what is allowed
};

std::string tensor(const std::string& members) { return R"({"a":{)" + members + "}}"; }

std::string repeated(const std::string& text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

std::vector<Hostile> hostile_lengths() {
  return {
      {"", "0 bytes; allowed: a safetensors file"},
      {"\x10", "1 bytes; allowed: a safetensors file"},
      {length(9) + "{}      ", "header length: 9 bytes; allowed: at most 8, what the file holds"},
      {length(~0ULL) + "{}", "header length: 18446744073709551615 bytes; allowed: at most 2"},
      {length(1ULL << 63) + "{}", "header length: 9223372036854775808 bytes; allowed: at most 2"},
      {length(0), "header: empty; allowed: a JSON object"},
  };
}

std::vector<Hostile> hostile_json() {
  return {
      {safetensors(" {}     "), "header: begins with \" {}     \"; allowed: a JSON object"},
      {safetensors("\xef\xbb\xbf{}"), "header: begins with \"\\xef\\xbb\\xbf{}\""},
      {safetensors("[]"), "header: begins with \"[]\""},
      {safetensors("{"), "header, byte 2: unreadable"},
      {safetensors("{}}"), "header, byte 3: unreadable at \"{}}\"; allowed: JSON"},
      {safetensors(std::string("{}\0{}", 5)), "header, byte 3: a zero byte; allowed: JSON"},
      {safetensors("{\"\xff\":{}}"), "header, byte 3: unreadable"},
      {safetensors(R"({"\ud800":{}})"), "header, byte 9: unreadable"},
      {safetensors(R"({"a":1e999})"), "header, byte 10: unreadable at \"1e999\""},
      {safetensors("{\"a\":" + repeated("[", 100'000)), "tensor \"a\": a list; allowed: an object"},
      {safetensors(repeated("{\"a\":", 100'000)), "tensor \"a\": key \"a\"; allowed: dtype, shape"},
      {safetensors(R"({"a":null})"), "tensor \"a\": null; allowed: an object with dtype"},
      {safetensors(R"({"\u001b[2J":7})"), "tensor \"\\x1b[2J\": 7; allowed: an object"},
      {safetensors(R"({"a":{},"a":{}})"), "tensor \"a\": no dtype; allowed: dtype, shape"},
      {safetensors(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":1})"),
       "header: \"a\" comes twice; allowed: every name once"},
  };
}

std::vector<Hostile> hostile_metadata() {
  return {
      {safetensors(R"({"__metadata__":"text"})"), "__metadata__: \"text\"; allowed: an object of texts"},
      {safetensors(R"({"__metadata__":null})"), "__metadata__: null; allowed: an object of texts"},
      {safetensors(R"({"__metadata__":{"k":1}})"), "__metadata__: \"k\": 1; allowed: text"},
      {safetensors(R"({"__metadata__":{"k":{}}})"), "__metadata__: \"k\": an object; allowed: text"},
      {safetensors(R"({"__metadata__":{"k":["v"]}})"), "__metadata__: \"k\": a list; allowed: text"},
      {safetensors(R"({"__metadata__":{"k":"v","k":"w"}})"), "__metadata__: \"k\" comes twice"},
      {safetensors(R"({"__metadata__":{},"__metadata__":{}})"), "header: \"__metadata__\" comes twice"},
  };
}

std::vector<Hostile> hostile_members() {
  return {
      {safetensors(tensor(R"("dtype":"F8_E4M3","shape":[0],"data_offsets":[0,0])")),
       "tensor \"a\": dtype: \"F8_E4M3\"; allowed: BOOL, U8"},
      {safetensors(tensor(R"("dtype":"f32","shape":[0],"data_offsets":[0,0])")),
       "tensor \"a\": dtype: \"f32\""},
      {safetensors(tensor(R"("dtype":5)")), "tensor \"a\": dtype: 5; allowed: BOOL"},
      {safetensors(tensor(R"("dtype":"F32","dtype":"F32")")), "tensor \"a\": \"dtype\" comes twice"},
      {safetensors(tensor(R"("dtype":"F32","shape":[0])")), "tensor \"a\": no data_offsets; allowed"},
      {safetensors(tensor(R"("dtpye":"F32")")), "tensor \"a\": key \"dtpye\"; allowed: dtype, shape"},
      {safetensors(tensor(R"("shape":4)")), "tensor \"a\": shape: 4; allowed: a list"},
      {safetensors(tensor(R"("shape":[-1])")), "tensor \"a\": shape: -1; allowed: a list"},
      {safetensors(tensor(R"("shape":[-0])")), "tensor \"a\": shape: -0; allowed: a list"},
      {safetensors(tensor(R"("shape":[2.0])")), "tensor \"a\": shape: 2.0; allowed: a list"},
      {safetensors(tensor(R"("shape":[1e3])")), "tensor \"a\": shape: 1e3; allowed: a list"},
      {safetensors(tensor(R"("shape":["2"])")), "tensor \"a\": shape: \"2\"; allowed: a list"},
      {safetensors(tensor(R"("shape":[true])")), "tensor \"a\": shape: true; allowed: a list"},
      {safetensors(tensor(R"("shape":[[2]])")), "tensor \"a\": shape: a list; allowed: a list of"},
      {safetensors(tensor(R"("shape":[{}])")), "tensor \"a\": shape: an object; allowed: a list"},
      {safetensors(tensor(R"("shape":[9223372036854775808])")), "tensor \"a\": shape: 9223372036854775808;"},
      {safetensors(tensor(R"("shape":[18446744073709551616])")),
       "tensor \"a\": shape: 18446744073709551616;"},
      {safetensors(tensor("\"shape\":[" + repeated("1,", 64) + "1]")), "tensor \"a\": shape: more than 64"},
      {safetensors(tensor(R"("data_offsets":[0])")), "tensor \"a\": data_offsets: a list of 1; allowed"},
      {safetensors(tensor(R"("data_offsets":[0,1,2])")), "tensor \"a\": data_offsets: a list of more than 2"},
      {safetensors(tensor(R"("data_offsets":[-4,0])")), "tensor \"a\": data_offsets: -4; allowed"},
      {safetensors(tensor(R"("data_offsets":{"begin":0})")),
       "tensor \"a\": data_offsets: an object; allowed"},
  };
}

std::string two(const std::string& first, const std::string& second) {
  return R"({"a":{"dtype":"U8",)" + first + R"(},"b":{"dtype":"U8",)" + second + "}}";
}

std::vector<Hostile> hostile_layouts() {
  return {
      {safetensors(tensor(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0])")),
       "tensor \"a\": shape: [4294967296, 4294967296]; allowed: fewer than 2^63 bytes"},
      {safetensors(tensor(R"("dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0])")),
       "tensor \"a\": shape: [4611686018427387904]; allowed: fewer than 2^63 bytes"},
      {safetensors(tensor(R"("dtype":"F32","shape":[0,4294967296,4294967296],"data_offsets":[0,0])")),
       "tensor \"a\": shape: [0, 4294967296, 4294967296]; allowed: fewer than 2^63 bytes"},
      {safetensors(tensor(R"("dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104])"), 4),
       "tensor \"a\": data_offsets: [0, 4398046511104]; allowed: up to 4, the bytes of data"},
      {safetensors(tensor(R"("dtype":"F32","shape":[1],"data_offsets":[4,0])"), 4),
       "tensor \"a\": data_offsets: [4, 0]; allowed: a begin"},
      {safetensors(tensor(R"("dtype":"F32","shape":[1],"data_offsets":[18446744073709551612,0])"), 4),
       "tensor \"a\": data_offsets: [18446744073709551612, 0]; allowed: a begin"},
      {safetensors(tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])"), 4),
       "tensor \"a\": data_offsets: [0, 4], which is 4 bytes; allowed: 8 bytes for F32 of shape [2]"},
      {safetensors(tensor(R"("dtype":"F32","shape":[],"data_offsets":[0,0])")),
       "tensor \"a\": data_offsets: [0, 0], which is 0 bytes; allowed: 4 bytes for F32 of shape []"},
      {safetensors(tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,4])"), 5),
       "data: 1 bytes that belong to no tensor; allowed: 4 bytes"},
      {safetensors(tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,4])"), 3),
       "tensor \"a\": data_offsets: [0, 4]; allowed: up to 3"},
      {safetensors("{}", 1), "data: 1 bytes that belong to no tensor; allowed: 0 bytes"},
      {safetensors(two(R"("shape":[4],"data_offsets":[0,4])", R"("shape":[4],"data_offsets":[2,6])"), 6),
       "tensor \"b\": data_offsets: [2, 6], which overlaps tensor \"a\"; allowed: a begin at 4"},
      {safetensors(two(R"("shape":[4],"data_offsets":[0,4])", R"("shape":[0],"data_offsets":[2,2])"), 4),
       "tensor \"b\": data_offsets: [2, 2], which overlaps tensor \"a\""},
      {safetensors(two(R"("shape":[2],"data_offsets":[4,6])", R"("shape":[2],"data_offsets":[0,2])"), 6),
       "tensor \"a\": data_offsets: [4, 6], which leaves a hole; allowed: a begin at 2"},
      {safetensors(two(R"("shape":[1],"data_offsets":[1,2])", R"("shape":[1],"data_offsets":[2,3])"), 3),
       "tensor \"a\": data_offsets: [1, 2], which leaves a hole; allowed: a begin at 0"},
      {safetensors(tensor(R"("dtype":"BOOL","shape":[2],"data_offsets":[0,2])")) + "\1\2",
       "tensor \"a\": element 1: BOOL of value 2; allowed: 0 and 1"},
  };
}

}  // namespace

TEST_CASE("a hostile file is refused with its place, what stood there and what may", "[weights]") {
  const scratch::Folder folder;
  for (const auto& table :
       {hostile_lengths(), hostile_json(), hostile_metadata(), hostile_members(), hostile_layouts()})
    for (const auto& [bytes, says] : table) {
      const auto expected = (folder / "m.safetensors").string() + ": " + says;
      CHECK(verdict_of_bytes(folder, bytes).substr(0, expected.size()) == expected);
    }
}

TEST_CASE("a header beyond the format's limit is refused before it is read", "[weights]") {
  const scratch::Folder folder;
  const auto path = folder / "m.safetensors";
  scratch::write(path, length(max_header_bytes + 1) + "{}");
  std::filesystem::resize_file(path, 2 * max_header_bytes);  // sparse
  CHECK(verdict(path).find("100000001 bytes; allowed: at most 100000000, the limit") != std::string::npos);
}

TEST_CASE("a path that is no file is refused, and a pipe is not waited for", "[weights]") {
  const scratch::Folder folder;
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  scratch::write(folder / "file", "");
  CHECK(verdict(folder / "").find("is a directory; allowed") != std::string::npos);
  CHECK(verdict(folder / "missing").find("missing: no such file; allowed") != std::string::npos);
  CHECK(verdict(folder / "file/under").find("file/under: ") != std::string::npos);
  CHECK(verdict(folder / "pipe").find("pipe: is no regular file; allowed") != std::string::npos);
  CHECK(verdict("/dev/zero").find("/dev/zero: is no regular file; allowed") != std::string::npos);
  CHECK(verdict("").find("allowed") != std::string::npos);
}

TEST_CASE("the longest names and lists that a header can hold do not make a message long", "[weights]") {
  const scratch::Folder folder;
  const auto name = std::string(1'000'000, 'n');
  CHECK(verdict_of_bytes(folder, safetensors("{\"" + name + "\":1}")).size() < 500);
  CHECK(verdict_of_bytes(folder, safetensors("{\"" + name)).size() < 500);
  CHECK(verdict_of_bytes(folder, safetensors("{\"a\":" + std::string(1'000'000, '1') + "}")).size() < 500);
}

TEST_CASE("what is no error in the format is read: rank 64, spaces, escapes, tensors of no bytes",
          "[weights]") {
  const auto read = [](const std::string& json, std::uint64_t data) { return parse_header(json, data, "m"); };
  CHECK(read("{}", 0).tensors.empty());
  CHECK(read("{ \n\t\"\\u0061\" : {\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]} }   ", 1)
            .tensors[0]
            .name == "a");
  CHECK(read(R"({"":{"dtype":"U8","shape":[3,0],"data_offsets":[0,0]}})", 0).tensors[0].shape ==
        std::vector<std::int64_t>{3, 0});
  CHECK(read(tensor("\"dtype\":\"U8\",\"data_offsets\":[0,1],\"shape\":[" + repeated("1,", 63) + "1]"), 1)
            .tensors[0]
            .shape.size() == 64);
  CHECK(read(R"({"__metadata__":{"":""}})", 0).metadata.at("").empty());
}

namespace {

std::string small_file() {
  const scratch::Folder folder;
  TensorFile file;
  file.metadata["block"] = "RepConv";
  file.tensors.insert("weight", torch::arange(6, torch::kFloat32).reshape({2, 3}));
  file.tensors.insert("mask", torch::tensor({true, false, true}));
  file.tensors.insert("count", torch::tensor(5, torch::kInt64));
  write_safetensors(folder / "m.safetensors", file);
  return scratch::read(folder / "m.safetensors");
}

/// Reads it or says what is wrong with it: anything else ends the test.
bool survives(const scratch::Folder& folder, const std::string& bytes) {
  const auto said = verdict_of_bytes(folder, bytes);
  return said == "read" || said.find("; allowed: ") != std::string::npos;
}

}  // namespace

TEST_CASE("a file that is cut off anywhere is refused", "[weights]") {
  const scratch::Folder folder;
  const auto whole = small_file();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto said = verdict_of_bytes(folder, whole.substr(0, size));
    INFO(size << " bytes: " << said);
    CHECK(said.find("; allowed: ") != std::string::npos);
  }
}

TEST_CASE("a file with any byte changed is read or refused, never more", "[weights]") {
  const scratch::Folder folder;
  const auto whole = small_file();
  std::mt19937 random(0);
  for (std::size_t at = 0; at < whole.size(); ++at)
    for (const int mask : {0x01, 0x20, 0x80, 0xff, static_cast<int>(random() % 255 + 1)}) {
      auto bytes = whole;
      bytes[at] = static_cast<char>(bytes[at] ^ mask);
      INFO("byte " << at << ", mask " << mask);
      CHECK(survives(folder, bytes));
    }
}

TEST_CASE("a header with pieces cut, doubled and swapped is read or refused, never more", "[weights]") {
  const scratch::Folder folder;
  const auto whole = small_file();
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    auto bytes = whole;
    for (auto edits = random() % 3 + 1; edits > 0 && bytes.size() > 16; --edits) {
      const auto from = 8 + random() % (bytes.size() - 8), count = random() % 24;
      const auto piece = bytes.substr(from, count);
      if (random() % 2 == 0) bytes.erase(from, count);
      bytes.insert(8 + random() % (bytes.size() - 8), random() % 3 == 0 ? std::to_string(random()) : piece);
    }
    // Half of them with a length that fits again, so that the JSON behind it is reached.
    const auto data = std::size_t{8 + 24 + 3};
    if (random() % 2 == 0 && bytes.size() > 8 + data) bytes.replace(0, 8, length(bytes.size() - 8 - data));
    INFO("round " << round);
    CHECK(survives(folder, bytes));
  }
}
