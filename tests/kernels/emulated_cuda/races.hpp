#pragma once

// What the thread sanitiser is told of the emulated threads, where ABLATE_RACES is defined: which of them
// runs, and which waits order their memory. It then sees every access of two threads that no barrier, fence
// or copy orders, whatever the order in which they ran. Kernels are compiled with -fsanitize=thread, the
// emulation itself without; what it allocates is no access either (races.cu).

#ifdef ABLATE_RACES
extern "C" {
void* __tsan_get_current_fiber(void);
void* __tsan_create_fiber(unsigned flags);
void __tsan_destroy_fiber(void* fiber);
void __tsan_switch_to_fiber(void* fiber, unsigned flags);
void __tsan_acquire(void* address);
void __tsan_release(void* address);
}
#endif

namespace ablate::emulation::races {

#ifdef ABLATE_RACES
inline void* current() { return __tsan_get_current_fiber(); }
/// What is done in it comes after what its maker did so far.
inline void* make() { return __tsan_create_fiber(0); }
inline void destroy(void* fiber) { __tsan_destroy_fiber(fiber); }
inline void change_to(void* fiber) { __tsan_switch_to_fiber(fiber, 1); }
/// What was done before release() of an address is done for those after acquire() of it.
inline void release(void* address) { __tsan_release(address); }
inline void acquire(void* address) { __tsan_acquire(address); }
#else
inline void* current() { return nullptr; }
inline void* make() { return nullptr; }
inline void destroy(void*) {}
inline void change_to(void*) {}
inline void release(void*) {}
inline void acquire(void*) {}
#endif

}  // namespace ablate::emulation::races
