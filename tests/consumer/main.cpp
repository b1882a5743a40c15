// One header of each room that others build on, and a block made, fused and run.

#include <ablate/blocks/registry.hpp>
#include <ablate/check/check.hpp>
#include <ablate/record/store.hpp>
#include <ablate/report/format.hpp>
#include <ablate/study/parse.hpp>

#include <iostream>

int main() {
  const auto block = ablate::make_block("STMBlock", {{"in_channels", 8}, {"out_channels", 12}});
  block->module().eval();
  const auto input = torch::randn({1, 8, 6, 6});
  const auto before = block->run(input).front();
  block->switch_to(ablate::Form::deploy);
  const auto after = block->run(input).front();
  std::cout << "output " << after.sizes() << ", metrics " << ablate::metrics().size() << "\n";
  return torch::allclose(before, after, 1e-4, 1e-5) ? 0 : 1;
}
