"""Made-up vehicles."""

from random import Random

from sandbox.sample.people import Wire

MODELS = (("Ford", "Fiesta"), ("Vauxhall", "Corsa"), ("Volkswagen", "Golf"), ("Nissan", "Qashqai"), ("Škoda", "Octavia"), ("Citroën", "C3"))
COLOURS = ("Black", "White", "Silver", "Blue", "Red", "Grey", "Green")
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
NOT_ISSUED = "Q"  # plates of the current style never begin with it, so that this is nobody's


def vehicle(rng: Random, role: str, number: int = 1) -> Wire:
    make, model = rng.choice(MODELS)
    made: Wire = {"id": f"V{number}", "role": role, "make": make, "model": model, "colour": rng.choice(COLOURS)}
    if rng.random() < 0.85:
        made["vrm"] = f"{NOT_ISSUED}{rng.choice(LETTERS)}{rng.randrange(2, 76):02d} {''.join(rng.choices(LETTERS, k=3))}"
    if rng.random() < 0.2:
        made["insurer"] = rng.choice(("Aye & Sons Mutual", "Example Insurance plc"))
    return made
