// Where the thread sanitiser watches the kernels, the emulation's own allocations must not count as accesses
// of the thread that happened to run.

#ifdef ABLATE_RACES

#include <cstddef>
#include <new>

extern "C" {
void* __libc_malloc(size_t bytes);
void __libc_free(void* memory);
}

void* operator new(size_t bytes) { return __libc_malloc(bytes); }
void operator delete(void* memory) noexcept { __libc_free(memory); }
void operator delete(void* memory, size_t) noexcept { __libc_free(memory); }

#endif
