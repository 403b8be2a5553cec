/* SPDX-License-Identifier: BSD-3-Clause */
#include "screen.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define CLEAR          "\033[H\033[2J"
#define HEIGHT_DEFAULT 24

static struct termios before;
static volatile sig_atomic_t ended;

static void
on_signal(int number)
{
	ended = 1;
}

bool
screen_open(void)
{
	const struct sigaction action = {.sa_handler = on_signal};
	struct termios keys;

	if (isatty(STDOUT_FILENO) != 1 || tcgetattr(STDIN_FILENO, &before) < 0)
		return false;
	keys = before;
	keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	keys.c_cc[VMIN] = 1;
	keys.c_cc[VTIME] = 0;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	return tcsetattr(STDIN_FILENO, TCSANOW, &keys) == 0;
}

void
screen_close(void)
{
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

void
screen_begin(void)
{
	fputs(CLEAR, stdout);
}

unsigned int
screen_height(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0)
		return HEIGHT_DEFAULT;
	return size.ws_row;
}

bool
screen_wait(int milliseconds)
{
	struct pollfd keys = {.fd = STDIN_FILENO, .events = POLLIN};
	char key;

	fflush(stdout);
	if (ended)
		return true;
	if (poll(&keys, 1, milliseconds) <= 0)
		return ended;
	return read(STDIN_FILENO, &key, 1) != 1 || key == 'q';
}
