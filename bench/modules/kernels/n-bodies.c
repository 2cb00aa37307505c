/* Moves bodies that attract each other: divisions and square roots. */
#include <math.h>
#include <string.h>
#include "kernel.h"

#define BODIES 64
#define STEPS 100

struct body {
  double at[3], speed[3];
};

static struct body bodies[BODIES];

static APART void step(double duration) {
  for (int one = 0; one < BODIES; one++) {
    double pull[3] = {0, 0, 0};
    for (int other = 0; other < BODIES; other++) {
      double x = bodies[other].at[0] - bodies[one].at[0];
      double y = bodies[other].at[1] - bodies[one].at[1];
      double z = bodies[other].at[2] - bodies[one].at[2];
      double square = x * x + y * y + z * z + 0.01;
      double force = 1 / (square * sqrt(square));
      pull[0] += x * force;
      pull[1] += y * force;
      pull[2] += z * force;
    }
    for (int axis = 0; axis < 3; axis++) bodies[one].speed[axis] += pull[axis] * duration;
  }
  for (int one = 0; one < BODIES; one++) {
    for (int axis = 0; axis < 3; axis++) bodies[one].at[axis] += bodies[one].speed[axis] * duration;
  }
}

int main(int argc, char **argv) {
  uint64_t checksum = 1;
  for (int one = 0; one < BODIES; one++) {
    for (int axis = 0; axis < 3; axis++) bodies[one].at[axis] = (one * 3 + axis) * 1.1 * (axis + 1);
  }
  for (int left = rounds_of(argc, argv); left > 0; left--) {
    for (int count = 0; count < STEPS; count++) step(0.001);
    uint64_t bits;
    memcpy(&bits, &bodies[2].at[1], sizeof bits);
    checksum = mixed(checksum, bits);
  }
  return finish(checksum);
}
