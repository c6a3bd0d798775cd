// When to doubt an answer: the rule of Fitting Room, with the thresholds of this model.

// "sure", "close" (two answers are close) or "unlike" (the photo is unlike the training photos). Probabilities come
// best first.
function doubtOf(probabilities, similarity) {
  const { limits, ahead, above_chance: aboveChance } = facts.doubt;
  if (similarity < limits.similarity) return "unlike";
  if (probabilities[0] < limits.probability || isNearTie(probabilities, ahead, aboveChance)) return "close";
  return "sure";
}

// Whether the best answer is hardly ahead of the second, or hardly above chance.
function isNearTie(probabilities, ahead, aboveChance) {
  if (probabilities.length < 2) return false;
  const chance = 1 / probabilities.length;
  return probabilities[0] < Math.max(ahead * probabilities[1], chance + aboveChance * (1 - chance));
}

function percent(share) {
  return share > 0.995 ? say("over_99") : `${Math.round(100 * share)}%`;
}
