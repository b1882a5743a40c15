// A plugin for a LibTorch that never was. Compiled without any: its constructor shows whether it was loaded.
#include "ablate/base/plugin_note.hpp"

#include <cstdlib>

[[gnu::section(".note.ablate"), gnu::used, gnu::aligned(4)]] static constexpr ablate::PluginNote note{
    .abi = {.interface = 7, .cxx11_abi = 0, .cuda = 0, .ablate = "0.0.9", .libtorch = "1.13.1"}};

static const int loaded = (std::abort(), 0);
