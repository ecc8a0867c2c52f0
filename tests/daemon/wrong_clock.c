/* A machine's clock that a test sets: CLOCK_REALTIME is off by as many seconds as the file WRONG_CLOCK says.
 *
 * Loaded before libc (LD_PRELOAD), whose clock_gettime is where Python's time.time and datetime.now come from. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long read_offset(void)
{
    const char *name = getenv("WRONG_CLOCK");
    FILE *file = name ? fopen(name, "r") : NULL;
    long seconds = 0;
    if (file) {
        if (fscanf(file, "%ld", &seconds) != 1)
            seconds = 0;
        fclose(file);
    }
    return seconds;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int failed = (int)syscall(SYS_clock_gettime, clock, now);
    if (!failed && clock == CLOCK_REALTIME)
        now->tv_sec += read_offset();
    return failed;
}
