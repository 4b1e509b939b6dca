"""English text for the synthetic voices: our own sentences, a small grammar, and strings of words.

All text was written for this project. `training_text` and `held_out_text` never share a sentence.
"""

import random

SENTENCES = """My mother may bring more paper bags from the market.
Bob and Pam keep a big map above the piano.
People may be amused by simple problems.
Perhaps the boy bumped his elbow on the lamp.
We met them at a small museum in May.
Father found five fine leaves on the sofa.
She wore a blue robe and a warm woollen cap.
Please put both apples on the table by the lamp.
The tide was low when we walked along the shore.
Do you know which road goes to the old lighthouse?
A thin layer of snow covered the garden this morning.
He took the last train and slept until noon.
Their children laughed at the noise of the kettle.
Good teachers ask questions that nobody can answer.
I heard the rain long before I saw the clouds.
Sunlight fell across the kitchen and onto the chairs.
You should choose the shoes that suit you.
Two new moons rose over the cool blue lagoon.
The dog chased its own shadow around the yard.
Ask your sister if she has seen the silver spoons.
Never trust a map that shows only one way home.
The baker gave us warm bread and butter.
An honest answer is often the hardest one to give.
They argued about the colour of the curtains for hours.
Mum baked a plum pie, and Ben brought a pot of jam.
Lay the heavy books on the lower shelf.
Our ship reached the harbour just after dark.
The young woman hummed a tune from her village.
Open the window, and let the evening air come in.
Every number on that page must be checked again.
He thought about the problem while he brushed the horse.
Quiet rivers hide the deepest water.
I can't believe you came all this way just to say hello.
What time does the museum close on Sundays?
Well, I suppose we could try it once more.
Thank you very much for everything you have done.
The judge listened to both sides without a word.
Vivian gave the violin back before the festival.
Of all the voices in the valley, hers was the finest.
Five brave foxes followed the river to the farm.
This is the third path through the northern wood.
Those brothers breathe together as they row.
Nothing is worth the trouble of another quarrel.
Three thin feathers lay beneath the thorn bush.
She usually measures the treasure with great pleasure.
The treasure was a vision of beige and azure.
Charlie watched the church clock change to three.
Which bench did the judge choose for lunch?
George enjoys orange juice and ginger cake.
The yellow yacht yielded to the younger crew.
You used to use a useful uniform.
How now can the brown cow go down to the town?
Our house stands south of the loud fountain.
The boy enjoys the noise of his toys.
An oily coin fell onto the moist soil.
The pilot tried to fly high across the wide sky.
Why would a shy child hide five kites outside?
They gave the same plain name to the great lake.
Eight lazy snails waited a day in the rain.
Go slowly over the cold stones, or you will fall.
Nobody knows how the rope was broken.
Who knew that the moon could look so blue?
The fool threw two shoes into the pool.
Look at the good cook with the wooden hook.
She stood and took a full book of wool pictures.
We agreed to meet the team near the sea.
He sees three green trees between the streams.
It is still a little thing to forgive him.
The thin kitten sits in its big tin dish.
Ten men went west to mend the red fence.
Said the hen, every egg has the best end.
The black cat ran back to the flat grass.
That sad man had a plan for the last camp.
Hot coffee stops the clock for a tall doctor.
Father's car is parked far from the large barn.
The author brought the daughter a long shawl.
All autumn we saw hawks walk on the lawn.
One summer a young cousin came and brought money.
The hungry duckling jumped up above the mud.
Her first bird learned thirty words that early.
The nurse turned and heard the servant murmur.
About a dozen other people agreed to supper.
Banana and vanilla make a better salad.
My name is Amelia, and I am almost eleven.
Maybe my mum made me a memory of home.
Papa put a pepper pot on top of the paper pile.
Baby Bobby's bubble burst above the bathtub.
Peter, please pick up the purple paint brush.
Big black bears break branches by the beach.
Many men may march on Monday morning.
A lump of amber lay among the marble pebbles.
The lamb jumped, bumped, and stumbled up the ramp.
Stop at the shop, and keep the map in the cup.
I am not at all sure that this is the right room.
Come back as soon as you can, will you?
No, that is not what I meant, and you know it!
Wow, what a wonderful surprise this is!
Leave me alone, I do not want to hear it.
I am so sorry; I never meant to hurt you.
Please be quiet, somebody is coming up the stairs.
Are you really going to eat the whole thing?
Oh, I had completely forgotten about the meeting.
We won! We really won, and everybody saw it!
That smells awful; take it out of the house.
If you say so, but I would not bet on it.
Good evening, ladies and gentlemen, and welcome to the programme.
In the next few minutes I will explain how this machine works.
First we collect the samples, then we compare them with the old ones.
The weather will remain dry in the north, with showers in the west.
Turn left at the bridge, go straight for two miles, and stop.
Seven hundred and forty nine, one hundred and sixty two, zero.
Press one to hear the message again, or stay on the line.
The museum opens at half past nine and closes at a quarter to six.
As far as I remember, it was a Wednesday in February.
The engine coughed twice, shivered, and then fell silent.
A small crowd had gathered outside the theatre.
The doctor wiped his glasses and began again.
Nobody in the village had ever owned a telephone.
Somewhere behind the wall a violin was playing.
The letter had been opened, read, and sealed once more.
It was neither the first nor the last time he lied.
Snow had fallen all night, and the street was soft and white.
She folded the map, finished her tea, and left without a word.
There were four chairs, but only one of them was safe.
You will find the key under the third flower pot.
I would rather walk than wait for that bus again.
Have you ever been to the north of Scotland?
My brother plays the trumpet, the drums, and sometimes the fool.
We used to swim here before they built the power station.
The more he explained, the less we understood.
Between you and me, the soup was far too salty.
The old man shook his head and smiled at the children.
His voice was so low that I could barely follow him.
Every Thursday they threw things over the thick hedge.
Gravity pulls both the feather and the hammer.
The physics of a bouncing ball are not so simple.
Water boils sooner on the top of a mountain.
A healthy heart beats about seventy times a minute.
The bees have moved into the roof of the chapel.
I wish I had listened when my grandmother told her stories.
Slow down, take a deep breath, and tell me what happened.
They were both too proud to ask for help.
The bus was full of wet coats and tired faces.
Give the dog a bath before the visitors arrive.
The shopkeeper weighed the plums and wrapped them in paper.
Behind the curtain stood a boy with a broken umbrella.
The path is narrow, so please walk one behind the other.
Her handwriting was small, round, and very easy to read.
Even the smallest error would have spoiled the experiment.
On the far bank a fisherman was mending his nets.
Could you lend me a pen and half a sheet of paper?
It matters less what you say than how you say it.
The committee approved the budget by a large majority.
When the bell rings, everybody moves to the next table.
Roger and Ruth are running around the rough rocky road.
Red roses grew wherever the river had risen.
Lily will love the little yellow lily pillow.
The loyal lawyer lost a full bottle of olive oil.
Six sleepy swans slid past the icy stones.
Zoe's cousins use dozens of zippers in these designs.
She sells fresh fish in a shabby shop on the shore.
The shepherd pushed his sheep into a shallow shed.
Kick the can back, Jack, and go get the cake.
A guard of the big gate began to giggle again.
Singing and ringing along the long evening.
Hank's uncle thanked the angry king for the drink.
Happy Harry hurried behind the house of his hero.
We went west with a wise woman and a wagon of wood.
Quick questions require quiet and quality answers.
While the whale waited, the wild wind whirled.""".splitlines()

HELD_OUT = """The farmer's wife sold pumpkins, beans, and plum jam.
Both bridges were built before the big war.
My uncle fell asleep in the middle of the film.
A bumble bee bounced against the broken bulb.
Have the visitors left, or are they still having breakfast?
The moon was hidden behind a bank of purple cloud.
Someone moved my umbrella from the front room.
This theory is thought to be the weather's best method.
Pick up the phone and tell Philip the truth.
He paused, looked up, and pointed at the empty boat.
The cheap watch stopped at a quarter past four.
We hope to move into a new home by autumn.
Judge Baker will probably postpone the whole affair.
Yellow lamps lined the avenue from the harbour to the opera.
I'd love to join you, but my family is waiting.
How many people can you count in that photograph?
She shouted for joy as the ship came in.
Put some oil on the hinge, and it will move again.
The third volume is missing from the library.
Simple food and pure water made them fit.
The valley was full of mist, and the church bells rang.
Mother wrapped the vase in a piece of brown paper.
No one believed that the puppy would survive.
It takes a brave man to admit a mistake.
Would you mind opening the other window, please?
Thick fog made the voyage longer than anybody planned.
The poet's problem was that he never finished a poem.
Few of us remember the summer before the flood.
Emma and Tom are coming up the hill by bus.
Perfect pearls are found in very few places.
The cook poured a cup of milk into the bowl.
Stay away from the edge, it may break at any moment.""".splitlines()

_NAMES = "Anna Ben Clara David Emma Frank Grace Hugo Iris Jack Kate Leo Maya Noah Olive Paul Rosa Sam Thea Viv Will Zoe"
_PEOPLE = """the mayor|my brother|a young farmer|the old captain|our neighbour|her mother|the whole family
a famous painter|the bus driver|your best friend|somebody|nobody|the boy in the boat|a woman from Malmo
both of them|every pupil|the chef|the third judge|a shy poet|the new shopkeeper|his grandfather
the king of Bohemia|the people upstairs|a few visitors|the plumber|my boss|the twins|an honest thief|the bishop
this journalist|the woman with the umbrella|a nervous pilot"""
_THINGS = """the umbrella|a bowl of soup|the map|five paper boats|the broken mirror|a yellow jumper|the violin
some fresh bread|the front window|a bottle of milk|the blue teapot|an empty box|the wooden bridge|three oranges
the whole story|a love letter|the beef|a thick rope|those feathers|her watch|a pair of shoes|the shovel
my favourite book|the last biscuit|a strange noise|the engine|the purple vase|a thousand pebbles|his bicycle
the apple tree|the piano|a jug of water|the theatre tickets|the huge pumpkin|your camera|some cheese
the judge's chair|a bunch of flowers|the garage key|their photographs|a warm coat"""
_PAST = """bought|found|moved|broke|forgot|painted|carried|lost|described|pushed|noticed|wanted|remembered
gave away|hid|followed|brought|picked up|threw out|measured|swallowed|finished|bumped into|admired|paid for
borrowed|opened|washed|sold|chose"""
_PLACES = """in the kitchen|near the harbour|behind the church|by the river|on the table|at the market
under the bridge|upstairs|in the middle of the road|beyond the valley|between the trees|above the shop
on a farm in Wales|outside the museum|at home|over the wall|across the square|beside the fire
in the southern part of town|around the corner|on the beach|in a cave"""
_TIMES = """this morning|last summer|before breakfast|on Thursday|after the film|in February|every evening
at half past five|long ago|during the war|an hour later|when the bell rang|while we were asleep|as usual
without a word|for the first time"""
_QUALITIES = """beautiful|rather small|very expensive|almost empty|too heavy to move|wonderful|a bit rough
perfectly safe|gone|full of water|older than the house|awfully loud|smooth and warm|yellow|the best of all
worth a fortune|covered in mud"""
_THOUGHTS = """I believe that|Maybe|They say that|It is possible that|You know that|We hoped|Of course|Perhaps
I doubt that|She told me that|Nobody thought that|As far as I know,|Suddenly|In my opinion,|He promised that
The problem is that"""
_WORDS = """
above apple baby bubble pebble maple jump lamp embark imply map cab mob rope pipe happy open over even heavy
leaf move beam amber summer hammer human woman feather father mother other nothing breath clothes thumb bath
thief youth voice vivid five fifty laugh cough phone photo shy shell wash ocean vision beige garage church
nature kitchen judge major bridge orange zoo zebra busy lazy razor sister mist biscuit whistle loose noisy nine
canyon onion union music few cute view book wool push full good food moon blue shoe chew two you road boat slow
own elbow auto law door four boy join oyster coin eye sky ice wild child time day eight weigh lake main hair
chair ear near cheer fire hour flower power cow loud house mouth err bird girl word murmur nurse early arm heart
car calm aunt art cat bad lamp hand sang ring king think bank finger hungry queen quick square west wish away
awake yes year yellow beyond loyal lily little pillow bottle metal button cotton listen cup much mud blood love
come one done dozen about again ago sofa camera banana salad melody remedy comedy family Emily
""".split()


def _choices(text: str) -> list[str]:
    return [piece for line in text.splitlines() for piece in line.split("|")]


_LISTS = {
    name: _choices(text)
    for name, text in (
        ("who", _PEOPLE),
        ("what", _THINGS),
        ("did", _PAST),
        ("where", _PLACES),
        ("when", _TIMES),
        ("how", _QUALITIES),
        ("maybe", _THOUGHTS),
    )
} | {"name": _NAMES.split(), "word": _WORDS}

_PATTERNS = (
    "{who} {did} {what} {where}.",
    "{maybe} {who} {did} {what}.",
    "{what} {where} was {how}.",
    "Did {who} really say that {what} was {how}?",
    "{name} {did} {what} {when}, and {name} {did} {what}.",
    "{when}, {who} {did} {what} {where}.",
    "Look, {name}! {what} is {how}!",
    "Why is {what} {where} so {how}?",
    "{name}, {name}, and {who} were {where} {when}.",
    "If {what} is {how}, {who} may come {when}.",
    "{maybe} {what} was {how}, because {who} {did} {what} {when}.",
    "{word}, {word}, {word}, {word} and {word}.",
    "{word} {word} {word}. {word} {word}.",
    "The {word} of a {word} is not the {word} of {name}.",
)


def _filled(pattern: str, rng: random.Random) -> str:
    """The pattern with each {slot} drawn anew."""
    while "{" in pattern:
        before, _, rest = pattern.partition("{")
        slot, _, after = rest.partition("}")
        pattern = before + rng.choice(_LISTS[slot]) + after
    return pattern[0].upper() + pattern[1:]


def training_text(rng: random.Random) -> str:
    """One to three sentences."""
    parts = []
    for _ in range(rng.choice((1, 1, 2, 2, 3))):
        parts.append(rng.choice(SENTENCES) if rng.random() < 0.4 else _filled(rng.choice(_PATTERNS), rng))
    return " ".join(parts)


def held_out_text(rng: random.Random) -> str:
    return rng.choice(HELD_OUT)
