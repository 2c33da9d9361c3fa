"""What people write, in English and Welsh: put together from sentences, with the signs in them that break careless formats."""

from random import Random

from sandbox.sample import welsh

OPENINGS = {
    "burglary": (
        "Somebody forced the back door while we were out and searched every room.",
        "I came down this morning to find the kitchen window broken and my laptop gone.",
        "The shed was broken into overnight; the padlock had been cut.",
    ),
    "theft": (
        "My bag was taken from the back of my chair.",
        "My bike was locked to the railings and the lock has been cut with bolt croppers.",
        "Two people filled a trolley & walked out without paying, it happens every week.",
        "A parcel was taken from my doorstep ten minutes after it was delivered.",
    ),
    "vehicle": (
        "The car window was smashed and the sat nav taken.",
        "My van was on the drive last night and is gone this morning. I still have both keys.",
        "The catalytic converter has been cut off, neighbours heard it at about 4am.",
    ),
    "damage": (
        "The side of my car has been scratched from end to end with a key.",
        "Somebody threw a brick through the front window.",
        "The bins behind the shop were set on fire.",
    ),
    "violence": (
        "A man I did not know punched me in the face outside the pub.",
        "I was pushed to the ground and kicked by a group of lads.",
        "He keeps sending me messages although I have asked him to stop: more than 40 since Sunday.",
        "Somebody showed a knife and told me to hand over my phone.",
    ),
    "nuisance": (
        "There is a group that drinks and shouts outside our block every night.",
        "Off-road bikes are racing up and down the footpath again.",
        "Rubbish has been dumped behind the garages, the third time this month.",
        "The music next door goes on until 3am and they swear at anyone who asks.",
    ),
    "traffic": (
        "The driver overtook on a blind bend and forced me onto the verge.",
        "A car went through the red light at well over 40 mph while people were crossing.",
        "The other car pulled out of the side road, hit my front wing and drove off.",
        "The driver was on a hand-held phone the whole way along the bypass.",
    ),
    "abuse": (
        "He takes my phone and my money and says that nobody will believe me.",
        "She threw a glass at me in front of the children last night.",
        "My ex waits outside my work and follows me home.",
    ),
    "hate": (
        "They shouted abuse at me about my religion on the bus.",
        'A note saying "go home" was put through our door.',
        "A man spat at my partner and me because we were holding hands.",
    ),
    "sexual": (
        "I would like to talk to somebody about an assault. I know who did it.",
        "It happened at a party. I have not told anyone until now.",
        "A man touched me on a crowded train and got off at the next stop.",
    ),
    "corruption": (
        "Contracts at the council go to one firm, and the man who signs them has a new car every year.",
        "An officer offered to look something up for money.",
    ),
    "disclosure": (
        "My daughter's new partner will not say why he moved here, and I am worried for the children.",
        "A friend told me that he has hurt somebody before. I want to know.",
        "He offers to look after the neighbours' children all the time and it does not feel right.",
    ),
    "lost": (
        "I left my wallet on the number 9 bus.",
        "I found a set of keys with a blue tag by the war memorial.",
        "My phone fell out of my pocket somewhere between the station & home.",
    ),
    "missing": (
        "She left for work yesterday and never arrived; her phone is off.",
        "My dad has dementia and was gone when I woke up.",
        "He said that he was going for a walk, that was six hours ago.",
    ),
    "complaint": (
        "Nobody rang me back although I was promised it three times.",
        "The officer was rude to my mother and would not give a number.",
        "I was told that my case was closed, without any reason.",
    ),
    "other": (
        "I have information that may help you.",
        "I was stopped on my way home and would like to say how it was done.",
        "My certificate runs out in March, what do I need to send?",
        "I had an email that said <your account is locked> and paid £450 before I noticed.",
    ),
}
DETAILS = (
    "It was dark and I did not see their faces.",
    'One of them said "you\'ll be sorry", then they ran off.',
    "There is a camera on the shop opposite; it may have caught it.",
    "Nobody was hurt but we are all shaken.",
    "My neighbour saw it too,\nand is happy to talk to you.",
    "It has happened before & I reported it then.",
    "Please do not call before 6pm, I work nights.",
    "The value is an estimate; I still have the receipt somewhere.",
    "They went off towards the car park, on foot; fewer than 5 minutes < the time it took to call.",
    "Diolch / thank you for looking into it.",
)
LABELS = {
    "reference": "Reference",
    "submitted": "Submitted",
    "name": "Name",
    "anonymous": "Anonymous",
    "contact": "Contact",
    "when": "When",
    "where": "Where",
    "what": "What happened",
    "vehicles": "Vehicles",
    "property": "Property",
}

_SPOKEN = {"en": (OPENINGS, DETAILS), "cy": (welsh.OPENINGS, welsh.DETAILS)}


def story(rng: Random, language: str, theme: str) -> str:
    """A few sentences about what happened."""
    openings, details = _SPOKEN[language]
    return " ".join((rng.choice(openings[theme]), *rng.sample(details, rng.randrange(4))))


def labels(language: str) -> dict[str, str]:
    return welsh.LABELS if language == "cy" else LABELS
