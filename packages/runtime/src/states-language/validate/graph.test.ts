import { test } from "node:test";
import { choice, done, map, only, type Told, table, work } from "./testing.ts";

test("names of states are unique in the whole machine, and at most 80 characters long", async (context) => {
  const long = "n".repeat(81);
  await table(context, [
    [
      "a name in a branch and outside",
      only({ Type: "Parallel", Branches: [{ StartAt: "X", States: { X: done } }], End: true }),
      ["DUPLICATE_STATE_NAME", "Duplicate State name: X", "/States/X/Branches[0]/States/X"],
    ],
    [
      "81 characters",
      { StartAt: long, States: { [long]: done } },
      [
        "INVALID_STATE_NAME",
        "The state name exceeds the maximum length of 80 characters",
        `/States/${long}`,
      ],
    ],
    [
      "80 characters beyond the Basic Multilingual Plane",
      { StartAt: "𝒳".repeat(80), States: { ["𝒳".repeat(80)]: done } },
    ],
  ]);
});

test("transitions and ends (floci pull request 2786, measured)", async (context) => {
  const next = (Next: string) => ({ Type: "Pass", Next });
  const missing = (name: string, at: string): Told => [
    "MISSING_TRANSITION_TARGET",
    `Missing 'Next' target: ${name}`,
    at,
  ];
  const unreachable = (name: string, at: string): Told => [
    "MISSING_TRANSITION_TARGET",
    `State "${name}" is not reachable.`,
    at,
  ];
  const noEnd: Told = ["MISSING_END_STATE", "Workflow has no terminal state", undefined];
  const loop = { A: next("B"), B: next("A") };
  const scope = { StartAt: "W", States: { W: done, Ghost: done } };
  await table(context, [
    ["a loop without an end", { StartAt: "A", States: loop }, noEnd],
    [
      "no end: what is unreachable is not told",
      { StartAt: "A", States: { ...loop, C: next("A") } },
      noEnd,
    ],
    [
      "an end that can't be reached",
      { StartAt: "A", States: { ...loop, C: done } },
      unreachable("C", "/States/C"),
    ],
    ["a target that is not there", only(next("NOPE")), missing("NOPE", "/States/X/Next"), noEnd],
    [
      "the default of a Choice",
      {
        StartAt: "A",
        States: {
          A: {
            Type: "Choice",
            Choices: [{ Variable: "$.x", IsNull: true, Next: "Z" }],
            Default: "G",
          },
          Z: done,
        },
      },
      missing("G", "/States/A/Default"),
    ],
    [
      "a rule",
      { ...choice({ Variable: "$.x", IsNull: true, Next: "G" }) },
      missing("G", "/States/X/Choices[0]/Next"),
    ],
    [
      "a catcher",
      only(work({ Catch: [{ ErrorEquals: ["States.ALL"], Next: "G" }] })),
      missing("G", "/States/X/Catch[0]/Next"),
    ],
    [
      "a StartAt that is not there",
      { StartAt: "Nope", States: { A: done } },
      missing("Nope", "/StartAt"),
      unreachable("A", "/States/A"),
    ],
    [
      "inside a Map",
      only(map({ ItemProcessor: scope })),
      unreachable("Ghost", "/States/X/ItemProcessor/States/Ghost"),
    ],
    [
      "inside a branch, a name with a slash",
      only({
        Type: "Parallel",
        End: true,
        Branches: [{ StartAt: "W", States: { W: done, "a/b": done } }],
      }),
      unreachable("a/b", "/States/X/Branches[0]/States/a/b"),
    ],
    ["a Map's states need no end", only(map({ ItemProcessor: { StartAt: "A", States: loop } }))],
    [
      "out of a branch",
      {
        StartAt: "P",
        States: {
          P: {
            Type: "Parallel",
            Branches: [{ StartAt: "W", States: { W: next("Z") } }],
            Next: "Z",
          },
          Z: done,
        },
      },
      missing("Z", "/States/P/Branches[0]/States/W/Next"),
    ],
  ]);
});
